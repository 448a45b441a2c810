//! The f32 matrix product: of linear layers, and of queries, keys and values in attention.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::cpu::Cpu;
#[cfg(target_arch = "x86_64")]
use super::cpu::InstructionSet;
use super::lanes::LANES;

/// Rows of a tile: the sums of six rows of 64 columns leave registers for the operands.
pub(crate) const TILE_ROWS: usize = 6;

/// Columns of a panel of packed weights.
const PANEL: usize = 64;

/// A matrix whose rows begin `stride` values apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strided<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) stride: usize,
}

/// A matrix to be written, whose rows begin `stride` values apart.
#[derive(Debug)]
pub(crate) struct StridedMut<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) stride: usize,
}

/// The extent of a product: `rows x depth` times `depth x columns`, columns being whole vectors of 16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rows: usize,
    pub(crate) depth: usize,
    pub(crate) columns: usize,
}

/// `target = left · right`, or plus `bias` in every row. Each value is one chain of fused multiply-adds that
/// begins at the bias, whatever the tiles.
pub(crate) fn product(
    cpu: Cpu,
    extent: Extent,
    left: Strided<'_>,
    right: Strided<'_>,
    bias: Option<&[f32]>,
    target: &mut StridedMut<'_>,
) {
    let Extent { rows, depth, columns } = extent;
    assert!(columns.is_multiple_of(LANES) && bias.is_none_or(|bias| bias.len() >= columns));
    let end = |count: usize, stride: usize, width: usize| count.saturating_sub(1) * stride + width;
    assert!(rows == 0 || left.values.len() >= end(rows, left.stride, depth));
    assert!(depth == 0 || right.values.len() >= end(depth, right.stride, columns));
    assert!(rows == 0 || target.values.len() >= end(rows, target.stride, columns));
    match cpu.instruction_set() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => x86::avx512(cpu, extent, left, right, bias, target),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => x86::avx2(cpu, extent, left, right, bias, target),
        _ => portable::product(extent, left, right, bias, target),
    }
}

/// Weights of a linear layer, `output = input · weightᵀ + bias`, packed for [`multiply`].
///
/// Panels of 64 output columns; within a panel, depth after depth, the 64 columns' weights side by side.
#[derive(Debug, Clone)]
pub(crate) struct PackedF32 {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
}

impl PackedF32 {
    /// Packs rows of `inputs` weights, one row an output.
    pub(crate) fn pack(weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let padded = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0.0; padded * inputs];
        for (output, row) in weight.chunks_exact(inputs).enumerate() {
            let panel = &mut panels[output / PANEL * PANEL * inputs..];
            for (depth, value) in row.iter().enumerate() {
                panel[depth * PANEL + output % PANEL] = *value;
            }
        }
        let mut padded_bias = bias.to_vec();
        padded_bias.resize(padded, 0.0);
        Self { inputs, outputs, panels, bias: padded_bias }
    }
}

/// `output = input · weightᵀ + bias`; a row of `input` is `weights.inputs` values, a row of `output`
/// `weights.outputs`.
pub(crate) fn multiply(cpu: Cpu, input: &[f32], weights: &PackedF32, output: &mut [f32]) {
    let PackedF32 { inputs, outputs, panels, bias } = weights;
    let rows = input.len() / inputs;
    let left = Strided { values: input, stride: *inputs };
    // Panel by panel, so that a panel stays in the nearest caches.
    for (index, panel) in panels.chunks_exact(PANEL * inputs).enumerate() {
        let first = index * PANEL;
        let right = Strided { values: panel, stride: PANEL };
        let bias = Some(&bias[first..first + PANEL]);
        let width = (outputs - first).min(PANEL);
        let whole = width / LANES * LANES;
        let extent = Extent { rows, depth: *inputs, columns: whole };
        let mut target = StridedMut { values: &mut output[first..], stride: *outputs };
        product(cpu, extent, left, right, bias, &mut target);
        if whole < width {
            // The last columns of an output that is no whole number of vectors.
            let mut rest = vec![0.0; rows * LANES];
            let right = Strided { values: &panel[whole..], stride: PANEL };
            let bias = bias.map(|bias| &bias[whole..]);
            let mut target = StridedMut { values: &mut rest, stride: LANES };
            product(cpu, Extent { columns: LANES, ..extent }, left, right, bias, &mut target);
            for (row, rest) in output.chunks_exact_mut(*outputs).zip(rest.chunks_exact(LANES)) {
                row[first + whole..first + width].copy_from_slice(&rest[..width - whole]);
            }
        }
    }
}
