//! Tensors in a mapped safetensors file.
#![expect(unsafe_code, reason = "maps a file, so that a start reads only the pages it uses")]

use crate::error::ModelError;
use memmap2::Mmap;
use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A safetensors file whose header has been checked against its length.
#[derive(Debug, Clone)]
pub(crate) struct TensorFile {
    path: PathBuf,
    map: Arc<Mmap>,
    header: Arc<Metadata>,
    /// Where the tensors' bytes begin.
    start: usize,
}

/// The bytes of one tensor; keeps its file mapped.
#[derive(Debug, Clone)]
pub(crate) struct TensorBytes {
    map: Arc<Mmap>,
    range: Range<usize>,
    dtype: Dtype,
    shape: Vec<usize>,
}

/// Types that weights may be stored in.
const FLOATS: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::BF16];

impl TensorFile {
    /// Maps the file and checks its header, whose tensors must cover the file to the last byte.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(|error| ModelError::io(path, error))?;
        // SAFETY: the bytes of a map change under the reader when someone writes to or truncates the file.
        // This crate never changes a model file: `prepare` writes a new one in another folder and renames
        // that. All that is read from the map are plain numbers, for which every bit pattern is valid.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| ModelError::io(path, error))?;
        let (length, header) = SafeTensors::read_metadata(&map).map_err(|error| match error {
            SafeTensorError::MetadataIncompleteBuffer => ModelError::damaged(
                path,
                "its length is not what its header says, as after a download broke off",
            ),
            error => ModelError::damaged(path, error),
        })?;
        let start = length + size_of::<u64>();
        Ok(Self { path: path.to_path_buf(), map: Arc::new(map), header: Arc::new(header), start })
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A text of the header's metadata.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// True when there is a tensor of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// Everything behind the header, in the order of the file.
    pub(crate) fn data(&self) -> &[u8] {
        &self.map[self.start..]
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// A tensor of floats with this shape.
    pub(crate) fn floats(&self, name: &str, shape: &[usize]) -> Result<TensorBytes, ModelError> {
        self.tensor(name, shape, &FLOATS)
    }

    /// A tensor of one-byte integers with this shape.
    pub(crate) fn codes(&self, name: &str, shape: &[usize]) -> Result<TensorBytes, ModelError> {
        self.tensor(name, shape, &[Dtype::I8])
    }

    fn tensor(&self, name: &str, shape: &[usize], dtypes: &[Dtype]) -> Result<TensorBytes, ModelError> {
        let damaged = |problem| ModelError::damaged(&self.path, problem);
        let info = self.header.info(name).ok_or_else(|| damaged(format!("tensor {name} is missing")))?;
        if info.shape != shape {
            return Err(damaged(format!("tensor {name} has shape {:?} instead of {shape:?}", info.shape)));
        }
        if !dtypes.contains(&info.dtype) {
            return Err(damaged(format!("tensor {name} is {:?} instead of {dtypes:?}", info.dtype)));
        }
        let (first, end) = info.data_offsets;
        let range = self.start + first..self.start + end;
        Ok(TensorBytes { map: Arc::clone(&self.map), range, dtype: info.dtype, shape: info.shape.clone() })
    }
}

impl TensorBytes {
    /// The bytes as stored: little-endian, row after row.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map[self.range.clone()]
    }

    /// Copies `target.len()` values from the `first` one on.
    pub(crate) fn copy_floats(&self, first: usize, target: &mut [f32]) {
        match self.dtype {
            Dtype::F32 => {
                let (values, _) = self.bytes()[first * 4..].as_chunks::<4>();
                target
                    .iter_mut()
                    .zip(values)
                    .for_each(|(target, &value)| *target = f32::from_le_bytes(value));
            }
            dtype => {
                let (values, _) = self.bytes()[first * 2..].as_chunks::<2>();
                let convert = if dtype == Dtype::F16 { from_half } else { from_bfloat };
                for (target, &value) in target.iter_mut().zip(values) {
                    *target = convert(u16::from_le_bytes(value));
                }
            }
        }
    }

    /// All values.
    pub(crate) fn to_floats(&self) -> Vec<f32> {
        let mut values = vec![0.0; self.shape.iter().product()];
        self.copy_floats(0, &mut values);
        values
    }

    /// All values of a tensor of one-byte integers.
    pub(crate) fn to_codes(&self) -> Vec<i8> {
        self.bytes().iter().map(|byte| byte.cast_signed()).collect()
    }
}

/// IEEE 754 binary16.
fn from_half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    let magnitude = match exponent {
        // Subnormal: the fraction counts units of 2^-24.
        0 => (fraction as f32 / 16_777_216.0).to_bits(),
        31 => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// The upper half of a binary32.
fn from_bfloat(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_values_are_exact() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2.0_f32.powi(-24)), (0x8000, -0.0)];
        for (bits, value) in cases {
            assert_eq!(from_half(bits).to_bits(), f32::to_bits(value), "{bits:#x}");
        }
        assert_eq!(from_half(0x7c00), f32::INFINITY);
        assert!(from_half(0x7e00).is_nan());
        assert_eq!(from_bfloat(0x3f80), 1.0);
    }
}
