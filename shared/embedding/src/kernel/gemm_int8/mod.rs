//! The int8 matrix product: quantised rows of activations times packed int8 weights.
//!
//! Activations are `scale * (code - zero_point)` with codes 0..=255 and a scale of each row's own; weights are
//! `scale * weight` with weights -127..=127 and a scale of each output column's own. Products are summed
//! exactly in i32 on every CPU: by `vpdpbusd` where there is VNNI, otherwise on operands widened to i16,
//! because `vpmaddubsw` would saturate.

mod pairs;
#[cfg(target_arch = "x86_64")]
mod quads;

#[cfg(target_arch = "x86_64")]
use super::cpu::InstructionSet;
use super::cpu::{Cpu, for_each_instruction_set};
use super::elementwise::RowScale;

/// Columns of a panel and of a tile.
pub(crate) const PANEL: usize = 64;

/// Rows of a tile.
pub(crate) const TILE_ROWS: usize = 6;

/// Depths that a quantised row is padded to a multiple of.
pub(crate) const DEPTH_STEP: usize = 4;

/// Exact sums of a tile.
type Tile = [[i32; PANEL]; TILE_ROWS];

/// Weights of a linear layer, `output = input · weightᵀ + bias`, packed for [`multiply`] on one CPU.
#[derive(Debug, Clone)]
pub(crate) struct PackedInt8 {
    cpu: Cpu,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    panels: Panels,
    /// Of each padded column: what a weight of 1 stands for.
    scales: Vec<f32>,
    /// Of each padded column: the sum of its weights, which a zero point multiplies.
    sums: Vec<i32>,
    bias: Vec<f32>,
}

/// Panels of 64 output columns; within a panel, depth after depth, the columns side by side.
#[derive(Debug, Clone)]
enum Panels {
    /// Four consecutive depths of a column together.
    #[cfg(target_arch = "x86_64")]
    Quads(Vec<quads::Step>),
    /// Two consecutive depths of a column together, widened.
    Pairs(Vec<pairs::Step>),
}

/// Quantised rows: `scales.len()` rows of `stride` codes, the last `stride - inputs` of each being 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuantisedRows<'a> {
    pub(crate) codes: &'a [u8],
    pub(crate) stride: usize,
    pub(crate) scales: &'a [RowScale],
}

impl PackedInt8 {
    /// Packs rows of `inputs` weights, one row and one scale an output, for `cpu`.
    pub(crate) fn pack(cpu: Cpu, weight: &[i8], scales: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let padded = outputs.next_multiple_of(PANEL);
        let mut padded_scales = scales.to_vec();
        padded_scales.resize(padded, 0.0);
        let mut padded_bias = bias.to_vec();
        padded_bias.resize(padded, 0.0);
        let mut sums: Vec<i32> =
            weight.chunks_exact(inputs).map(|row| row.iter().map(|&value| i32::from(value)).sum()).collect();
        sums.resize(padded, 0);
        let panels = match cpu.instruction_set() {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Panels::Quads(quads::pack(weight, inputs)),
            _ => Panels::Pairs(pairs::pack(weight, inputs)),
        };
        Self { cpu, inputs, outputs, panels, scales: padded_scales, sums, bias: padded_bias }
    }
}

/// `output = input · weightᵀ + bias` in f32; a row of `output` is `weights.outputs` values.
pub(crate) fn multiply(input: QuantisedRows<'_>, weights: &PackedInt8, output: &mut [f32]) {
    match &weights.panels {
        #[cfg(target_arch = "x86_64")]
        Panels::Quads(steps) => {
            let rows = input.codes.as_chunks::<4>().0;
            let depth = input.stride / 4;
            for_each_tile(input, weights, output, |first, count, panel, tile| {
                let steps = &steps[panel * depth..][..depth];
                quads::tile(weights.cpu, count, &rows[first * depth..], steps, tile);
            });
        }
        Panels::Pairs(steps) => {
            let rows = pairs::widen(input.codes);
            let depth = input.stride / 2;
            for_each_tile(input, weights, output, |first, count, panel, tile| {
                let steps = &steps[panel * depth..][..depth];
                pairs::tile(weights.cpu, count, &rows[first * depth..], steps, tile);
            });
        }
    }
}

/// Walks the tiles, panel by panel so that a panel stays in the nearest cache: `sum` computes the exact
/// sums of (first row, number of rows, panel), which are then scaled into `output`.
fn for_each_tile(
    input: QuantisedRows<'_>,
    weights: &PackedInt8,
    output: &mut [f32],
    sum: impl Fn(usize, usize, usize, &mut Tile),
) {
    let mut tile = [[0; PANEL]; TILE_ROWS];
    for panel in 0..weights.outputs.div_ceil(PANEL) {
        let mut first = 0;
        while first < input.scales.len() {
            let count = (input.scales.len() - first).min(TILE_ROWS);
            sum(first, count, panel, &mut tile);
            let scales = &input.scales[first..first + count];
            dequantise(weights.cpu, &tile, scales, weights, panel, &mut output[first * weights.outputs..]);
            first += count;
        }
    }
}

for_each_instruction_set! {
    /// Scales the sums of `scales.len()` rows of a tile and adds the bias.
    fn dequantise(
        tile: &Tile, scales: &[RowScale], weights: &PackedInt8, panel: usize, output: &mut [f32],
    ) = dequantise_body
}

#[inline(always)]
fn dequantise_body(tile: &Tile, scales: &[RowScale], weights: &PackedInt8, panel: usize, output: &mut [f32]) {
    let first = panel * PANEL;
    let width = (weights.outputs - first).min(PANEL);
    let column_scales = &weights.scales[first..first + width];
    let column_sums = &weights.sums[first..first + width];
    let bias = &weights.bias[first..first + width];
    for ((sums, row), output) in tile.iter().zip(scales).zip(output.chunks_mut(weights.outputs)) {
        let output = &mut output[first..first + width];
        for column in 0..width {
            let exact = sums[column] - row.zero_point * column_sums[column];
            output[column] = (exact as f32).mul_add(row.scale * column_scales[column], bias[column]);
        }
    }
}
