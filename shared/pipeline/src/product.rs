//! Blocked matrix products.
#![expect(unsafe_code, reason = "matrixmultiply takes raw pointers; the one call checks every length first")]

/// `out[i][j] = a[i] · b[j]` for rows of `columns` values: `a` has `out.len() / (b.len() / columns)` rows.
///
/// An element depends on its two rows alone, and `a[i] · b[j]` equals `b[j] · a[i]` to the bit, however rows
/// are cut into blocks.
///
/// # Panics
/// When the lengths do not fit.
pub(crate) fn dot_products(a: &[f32], b: &[f32], columns: usize, out: &mut [f32]) {
    assert!(columns > 0 && a.len().is_multiple_of(columns) && b.len().is_multiple_of(columns));
    let (rows, others) = (a.len() / columns, b.len() / columns);
    assert_eq!(out.len(), rows * others);
    // SAFETY: `a` holds rows × columns, `b` others × columns and `out` rows × others values (asserted above),
    // each row-major and contiguous; the strides below address exactly these. `out` is borrowed mutably, so it
    // overlaps neither input. Beta is 0, so `out` is written before it is read.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            columns,
            others,
            1.0,
            a.as_ptr(),
            columns as isize,
            1,
            b.as_ptr(),
            1,
            columns as isize,
            0.0,
            out.as_mut_ptr(),
            others as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use graphnode_core::matrix::dot;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut random = SplitMix64::new(seed);
        (0..count).map(|_| random.normal()).collect()
    }

    #[test]
    fn equals_the_naive_product_over_odd_shapes() {
        for (rows, others, columns) in [(1, 1, 1), (3, 7, 5), (17, 33, 384), (64, 129, 70)] {
            let (a, b) = (random(rows * columns, 1), random(others * columns, 2));
            let mut out = vec![f32::NAN; rows * others];
            dot_products(&a, &b, columns, &mut out);
            for i in 0..rows {
                for j in 0..others {
                    let naive = dot(&a[i * columns..][..columns], &b[j * columns..][..columns]);
                    assert!((out[i * others + j] - naive).abs() < 1e-3, "{rows}×{others}×{columns}");
                }
            }
        }
    }

    #[test]
    fn an_element_depends_on_its_two_rows_alone() {
        let (columns, rows) = (300, 90);
        let a = random(rows * columns, 3);
        let mut whole = vec![0.0; rows * rows];
        dot_products(&a, &a, columns, &mut whole);
        let mut part = vec![0.0; 7 * rows];
        dot_products(&a[11 * columns..18 * columns], &a, columns, &mut part);
        assert_eq!(part, whole[11 * rows..18 * rows]);
        for i in 0..rows {
            for j in 0..rows {
                assert_eq!(whole[i * rows + j].to_bits(), whole[j * rows + i].to_bits());
            }
        }
    }
}
