//! Every kernel against a naive computation in f64, and bit for bit between instruction sets.

use super::cpu::Cpu;
use super::elementwise::{
    LayerNorm, RowScale, add_and_normalise, gelu_all, normalise, quantise_rows, softmax_rows,
};
use super::gemm_f32::{self, PackedF32};
use super::gemm_int8::{self, DEPTH_STEP, PackedInt8, QuantisedRows};
use crate::tests::synthetic::Random;

/// Shapes (rows, inputs, outputs) around the edges of tiles, panels, vectors and depth steps.
const SHAPES: [(usize, usize, usize); 12] = [
    (1, 1, 1),
    (1, 4, 64),
    (2, 3, 5),
    (5, 17, 63),
    (6, 16, 64),
    (7, 33, 65),
    (12, 50, 16),
    (13, 64, 80),
    (18, 31, 129),
    (25, 100, 31),
    (48, 96, 192),
    (61, 130, 200),
];

/// The results of `compute` on every instruction set of this CPU, which must be the same bits.
fn on_every_cpu<T: PartialEq + std::fmt::Debug>(compute: impl Fn(Cpu) -> T) -> T {
    let mut results = Cpu::available().into_iter().map(|cpu| (cpu, compute(cpu)));
    let (first, expected) = results.next().unwrap();
    for (cpu, result) in results {
        assert!(result == expected, "{cpu:?} differs from {first:?}");
    }
    expected
}

fn assert_close(result: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(result.len(), expected.len());
    for (index, (&result, &expected)) in result.iter().zip(expected).enumerate() {
        let error = (f64::from(result) - expected).abs();
        assert!(
            error <= tolerance * expected.abs().max(1.0),
            "value {index}: {result} instead of {expected}"
        );
    }
}

#[test]
fn products_in_f32_are_those_of_the_definition() {
    let mut random = Random::new(1);
    for (rows, inputs, outputs) in SHAPES {
        let (input, weight) = (random.values(rows * inputs), random.values(outputs * inputs));
        let bias = random.values(outputs);
        let result = on_every_cpu(|cpu| {
            let mut output = vec![f32::NAN; rows * outputs];
            gemm_f32::multiply(cpu, &input, &PackedF32::pack(&weight, &bias, inputs), &mut output);
            output
        });
        let expected: Vec<f64> = input
            .chunks_exact(inputs)
            .flat_map(|input| {
                weight.chunks_exact(inputs).zip(&bias).map(|(weight, &bias)| {
                    let products = input.iter().zip(weight).map(|(&x, &w)| f64::from(x) * f64::from(w));
                    products.sum::<f64>() + f64::from(bias)
                })
            })
            .collect();
        assert_close(&result, &expected, 1e-5);
    }
}

#[test]
fn products_in_int8_are_exact_before_scaling() {
    let mut random = Random::new(2);
    for (rows, inputs, outputs) in SHAPES {
        for extreme in [false, true] {
            let stride = inputs.next_multiple_of(DEPTH_STEP);
            let mut codes = vec![0_u8; rows * stride];
            for row in codes.chunks_exact_mut(stride) {
                row[..inputs].fill_with(|| if extreme { 255 } else { random.next() as u8 });
            }
            let weight: Vec<i8> = (0..outputs * inputs)
                .map(|_| if extreme { [-127, 127][random.next() as usize % 2] } else { random.next() as i8 })
                .collect();
            let scales: Vec<f32> = random.values(outputs);
            let bias = random.values(outputs);
            let row_scales: Vec<RowScale> = random
                .values(rows)
                .into_iter()
                .map(|scale| RowScale { scale, zero_point: (random.next() % 256) as i32 })
                .collect();
            let result = on_every_cpu(|cpu| {
                let mut output = vec![f32::NAN; rows * outputs];
                let weights = PackedInt8::pack(cpu, &weight, &scales, &bias, inputs);
                let input = QuantisedRows { codes: &codes, stride, scales: &row_scales };
                gemm_int8::multiply(input, &weights, &mut output);
                output
            });
            let mut expected = Vec::new();
            for (row, row_scale) in codes.chunks_exact(stride).zip(&row_scales) {
                for ((weight, scale), bias) in weight.chunks_exact(inputs).zip(&scales).zip(&bias) {
                    let exact: i32 = row
                        .iter()
                        .zip(weight)
                        .map(|(&code, &weight)| (i32::from(code) - row_scale.zero_point) * i32::from(weight))
                        .sum();
                    expected.push((exact as f32).mul_add(row_scale.scale * scale, *bias));
                }
            }
            assert_eq!(result, expected, "{rows} x {inputs} x {outputs}");
        }
    }
}

#[test]
fn rows_are_quantised_to_half_a_step_and_zero_exactly() {
    let mut random = Random::new(3);
    for width in [1, 15, 16, 17, 100] {
        let mut rows = random.values(7 * width);
        rows[..width].fill(0.0);
        rows[width..2 * width].iter_mut().for_each(|value| *value = value.abs() + 1.0);
        rows[2 * width..3 * width].iter_mut().for_each(|value| *value *= 1e-30);
        let last = rows.len() - 1;
        rows[last] = 0.0;
        let stride = width.next_multiple_of(DEPTH_STEP);
        let (codes, scales) = on_every_cpu(|cpu| {
            let (mut codes, mut scales) = (vec![9; 7 * stride], vec![RowScale::default(); 7]);
            quantise_rows(cpu, &rows, width, &mut codes, stride, &mut scales);
            (codes, scales)
        });
        for ((row, codes), scale) in rows.chunks_exact(width).zip(codes.chunks_exact(stride)).zip(&scales) {
            assert!((0..=255).contains(&scale.zero_point));
            for (&value, &code) in row.iter().zip(codes) {
                let back = scale.scale * (i32::from(code) - scale.zero_point) as f32;
                assert!((value - back).abs() <= 0.501 * scale.scale, "{value} came back as {back}");
                assert!(value != 0.0 || back == 0.0);
            }
            assert!(codes[width..].iter().all(|&code| code == 0));
        }
    }
}

#[test]
fn layer_normalisation_is_that_of_the_definition() {
    let mut random = Random::new(4);
    for width in [1, 8, 31, 32, 100] {
        let (rows, update) = (random.values(3 * width), random.values(3 * width));
        let norm = LayerNorm { weight: random.values(width), bias: random.values(width), epsilon: 1e-12 };
        let added = on_every_cpu(|cpu| {
            let mut rows = rows.clone();
            add_and_normalise(cpu, &mut rows, &update, &norm);
            rows
        });
        let sums: Vec<f32> = rows.iter().zip(&update).map(|(row, update)| row + update).collect();
        let plain = on_every_cpu(|cpu| {
            let mut rows = sums.clone();
            normalise(cpu, &mut rows, &norm);
            rows
        });
        assert_eq!(added, plain);
        let mut expected = Vec::new();
        for row in sums.chunks_exact(width) {
            let mean = row.iter().copied().map(f64::from).sum::<f64>() / width as f64;
            let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / width as f64;
            for ((&value, &weight), &bias) in row.iter().zip(&norm.weight).zip(&norm.bias) {
                let normal = (f64::from(value) - mean) / (variance + 1e-12).sqrt();
                expected.push(normal * f64::from(weight) + f64::from(bias));
            }
        }
        assert_close(&plain, &expected, 1e-5);
    }
}

/// The error function by its Taylor series, for |x| up to about 5.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

#[test]
fn gelu_is_that_of_the_error_function() {
    let values: Vec<f32> =
        (-6000..=6000).map(|step| step as f32 / 1000.0).chain([-40.0, 40.0, 0.0]).collect();
    let result = on_every_cpu(|cpu| {
        let mut values = values.clone();
        gelu_all(cpu, &mut values);
        values
    });
    let expected: Vec<f64> = values
        .iter()
        .map(|&x| f64::from(x))
        .map(|x| if x.abs() > 6.5 { x.max(0.0) } else { x * 0.5 * (1.0 + erf(x / 2.0_f64.sqrt())) })
        .collect();
    assert_close(&result, &expected, 1e-6);
}

#[test]
fn softmax_is_that_of_the_definition() {
    let mut random = Random::new(5);
    for tokens in [1, 2, 15, 16, 17, 40] {
        let stride = usize::next_multiple_of(tokens, 16);
        let mut scores: Vec<f32> = random.values(4 * stride).into_iter().map(|value| value * 20.0).collect();
        scores[stride..stride + tokens].fill(-1e30);
        scores[2 * stride] = 4000.0;
        let result = on_every_cpu(|cpu| {
            let mut scores = scores.clone();
            softmax_rows(cpu, &mut scores, stride, tokens, 8);
            scores
        });
        for (row, result) in scores.chunks_exact(stride).zip(result.chunks_exact(stride)) {
            let largest = row[..tokens].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f64> =
                row[..tokens].iter().map(|x| (f64::from(x - largest) / 8.0_f64.sqrt()).exp()).collect();
            let sum: f64 = powers.iter().sum();
            let expected: Vec<f64> = powers.iter().map(|power| power / sum).collect();
            assert_close(&result[..tokens], &expected, 2e-6);
        }
    }
}
