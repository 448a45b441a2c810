//! A linear layer in either precision.

use crate::kernel::cpu::Cpu;
use crate::kernel::elementwise::{RowScale, quantise_rows};
use crate::kernel::gemm_f32::{self, PackedF32};
use crate::kernel::gemm_int8::{self, DEPTH_STEP, PackedInt8, QuantisedRows};

/// `output = input · weightᵀ + bias`.
#[derive(Debug)]
pub(crate) enum Linear {
    /// Weights as trained.
    F32(PackedF32),
    /// Weights of eight bits, activations quantised row by row as they come.
    Int8(PackedInt8),
}

/// Quantised input of a layer, reused from layer to layer.
#[derive(Debug, Default)]
pub(super) struct InputScratch {
    codes: Vec<u8>,
    scales: Vec<RowScale>,
}

impl Linear {
    /// Values in a row of the output.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::F32(weights) => weights.outputs,
            Self::Int8(weights) => weights.outputs,
        }
    }

    /// Applies the layer to every row of `input`.
    pub(super) fn apply(&self, cpu: Cpu, input: &[f32], scratch: &mut InputScratch, output: &mut [f32]) {
        match self {
            Self::F32(weights) => gemm_f32::multiply(cpu, input, weights, output),
            Self::Int8(weights) => {
                let rows = input.len() / weights.inputs;
                let stride = weights.inputs.next_multiple_of(DEPTH_STEP);
                scratch.codes.resize(rows * stride, 0);
                scratch.scales.resize(rows, RowScale::default());
                let InputScratch { codes, scales } = scratch;
                quantise_rows(cpu, input, weights.inputs, codes, stride, scales);
                gemm_int8::multiply(QuantisedRows { codes, stride, scales }, weights, output);
            }
        }
    }
}
