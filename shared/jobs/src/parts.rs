//! The bytes of a part: vectors of one model, each by the hash of its text, with a checksum.
//!
//! A part is `GNVEC\x01`, SHA-256 of the model's identity, dimension and number of vectors as little-endian `u32`,
//! then for each vector SHA-256 of its text and its values as little-endian `f32`, in order of the hashes, and at the
//! end SHA-256 of all before. An encoder that makes other values of the same text under the same identity needs another
//! number in the first bytes.

use graphnode_core::encoder::ModelIdentity;
use graphnode_core::hash::hex;
use sha2::{Digest, Sha256};

/// SHA-256 of a text.
pub(crate) type TextHash = [u8; 32];

const MAGIC: &[u8; 6] = b"GNVEC\x01";
const HASH: usize = size_of::<TextHash>();
const HEADER: usize = MAGIC.len() + HASH + 4 + 4;

/// A checked part, as it lies in the bucket: one allocation for all its vectors.
#[derive(Debug)]
pub(crate) struct Part {
    bytes: Vec<u8>,
    row: usize,
}

impl Part {
    /// `rows` in order of their hashes; values are little-endian `f32`, as [`values`] makes them.
    pub(crate) fn of<'a>(
        model: &ModelIdentity,
        rows: impl ExactSizeIterator<Item = (&'a TextHash, &'a [u8])>,
    ) -> Self {
        let row = row_bytes(model);
        let mut bytes = Vec::with_capacity(HEADER + rows.len() * row + HASH);
        bytes.extend(MAGIC);
        bytes.extend(identity(model));
        bytes.extend((model.dimension as u32).to_le_bytes());
        bytes.extend((rows.len() as u32).to_le_bytes());
        for (hash, values) in rows {
            bytes.extend(hash.as_slice());
            bytes.extend(values);
        }
        let check = Sha256::digest(&bytes);
        bytes.extend(check);
        Self { bytes, row }
    }

    /// The part these bytes are; `None` where they are damaged, cut off, or of another model.
    pub(crate) fn checked(bytes: Vec<u8>, model: &ModelIdentity) -> Option<Self> {
        let (body, check) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
        if body.len() < HEADER || Sha256::digest(body).as_slice() != check {
            return None;
        }
        let (header, rows) = body.split_at(HEADER);
        let mut expected = MAGIC.to_vec();
        expected.extend(identity(model));
        expected.extend((model.dimension as u32).to_le_bytes());
        let (head, count) = header.split_at(HEADER - 4);
        let count = u32::from_le_bytes(count.try_into().ok()?) as usize;
        let row = row_bytes(model);
        (head == expected && Some(rows.len()) == count.checked_mul(row)).then_some(Self { bytes, row })
    }

    /// The whole part, as it is written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its checksum in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        hex(&self.bytes[self.bytes.len() - HASH..])
    }

    /// Hash and values of each vector.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = (TextHash, &[u8])> {
        self.bytes[HEADER..self.bytes.len() - HASH].chunks_exact(self.row).map(|row| {
            let (hash, values) = row.split_at(HASH);
            let mut own = TextHash::default();
            own.copy_from_slice(hash);
            (own, values)
        })
    }

    /// The values of vector `number`.
    ///
    /// # Panics
    /// Where there is none of that number.
    pub(crate) fn values(&self, number: usize) -> &[u8] {
        let start = HEADER + number * self.row;
        &self.bytes[start + HASH..start + self.row]
    }
}

/// Bytes a vector of `model` takes with its hash.
pub(crate) fn row_bytes(model: &ModelIdentity) -> usize {
    HASH + model.dimension * size_of::<f32>()
}

/// A vector as its bytes.
pub(crate) fn values(vector: &[f32]) -> Box<[u8]> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Fills `vector` from its bytes.
pub(crate) fn read_values(values: &[u8], vector: &mut [f32]) {
    let (values, _) = values.as_chunks::<4>();
    for (slot, value) in vector.iter_mut().zip(values) {
        *slot = f32::from_le_bytes(*value);
    }
}

/// SHA-256 of all that tells a model from another.
pub(crate) fn identity(model: &ModelIdentity) -> TextHash {
    let text = format!("{}\0{}\0{}\0{}", model.name, model.dimension, model.precision, model.max_tokens);
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelIdentity {
        ModelIdentity { name: name.to_owned(), dimension: 3, precision: "f32", max_tokens: 8 }
    }

    #[test]
    fn vectors_come_back_to_the_bit_and_damage_does_not() {
        let vectors = [([1; 32], [0.1, -0.2, f32::MIN_POSITIVE]), ([2; 32], [1.0, 0.0, -0.0])]
            .map(|(hash, vector)| (hash, values(&vector)));
        let part = Part::of(&model("a"), vectors.iter().map(|(hash, values)| (hash, &**values)));
        let bytes = part.bytes().to_vec();
        let back = Part::checked(bytes.clone(), &model("a")).unwrap();
        assert_eq!((back.hash(), back.rows().len()), (part.hash(), 2));
        assert_eq!(back.rows().map(|(hash, _)| hash).collect::<Vec<_>>(), [[1; 32], [2; 32]]);
        let mut vector = [1.0; 3];
        read_values(back.values(1), &mut vector);
        assert_eq!(vector.map(f32::to_bits), [1.0, 0.0, -0.0_f32].map(f32::to_bits));
        read_values(back.values(0), &mut vector);
        assert_eq!(vector[2].to_bits(), f32::MIN_POSITIVE.to_bits());

        assert!(Part::checked(bytes.clone(), &model("b")).is_none());
        for damaged in [&bytes[..bytes.len() - 1], &bytes[1..], b""] {
            assert!(Part::checked(damaged.to_vec(), &model("a")).is_none());
        }
        let mut flipped = bytes;
        flipped[60] ^= 1;
        assert!(Part::checked(flipped, &model("a")).is_none());
    }
}
