//! Vectors an interrupted job leaves for whoever goes on: `checkpoints/{user_id}/{task_id}/vectors-NNNNNN.bin`.
//!
//! A part is `GNVEC\x01`, SHA-256 of the model's identity, dimension and number of vectors as little-endian `u32`,
//! then for each vector SHA-256 of its text and its values as little-endian `f32`, and at the end SHA-256 of all
//! before. A part that is damaged, or of another model, is left out: what it held is embedded again.

use graphnode_core::encoder::ModelIdentity;
use graphnode_core::job::JobRecord;
use graphnode_core::keys;
use graphnode_core::ports::PortResult;
use graphnode_core::ports::objects::{Condition, Objects, delete_all, list_all, read_whole};
use sha2::{Digest, Sha256};

use crate::keeping::{TextHash, Vectors};

const MAGIC: &[u8; 6] = b"GNVEC\x01";
const HASH: usize = size_of::<TextHash>();
const HEADER: usize = MAGIC.len() + HASH + 4 + 4;
/// Bytes of vectors in one part.
const PART_BYTES: usize = 16 << 20;
/// Most parts of a job: more than its interruptions come to.
const MOST_PARTS: usize = 1_000;
/// Most bytes of a part that is read.
const MOST_PART_BYTES: u64 = 32 << 20;

/// Adds `vectors` to what is saved of the job.
pub(crate) async fn save(
    objects: &impl Objects,
    record: &JobRecord,
    model: &ModelIdentity,
    vectors: &Vectors,
) -> PortResult<()> {
    let prefix = keys::checkpoints(record.user_id(), record.task_id());
    let before = list_all(objects, &prefix, MOST_PARTS).await?.len();
    let all = rows(vectors);
    let in_part = (PART_BYTES / (HASH + model.dimension * size_of::<f32>())).max(1);
    for (number, part) in all.chunks(in_part).enumerate() {
        let number = u32::try_from(before + number).unwrap_or(u32::MAX);
        let key = keys::checkpoint_part(record.user_id(), record.task_id(), number);
        objects.put(&key, encode(model, part), "application/octet-stream", &Condition::Always).await?;
    }
    Ok(())
}

/// What was saved of the job and can be used with `model`.
pub(crate) async fn load(
    objects: &impl Objects,
    record: &JobRecord,
    model: &ModelIdentity,
) -> PortResult<Vectors> {
    let prefix = keys::checkpoints(record.user_id(), record.task_id());
    let mut vectors = Vectors::new();
    for part in list_all(objects, &prefix, MOST_PARTS).await? {
        let piece = read_whole(objects, &part.key, MOST_PART_BYTES).await?;
        match decode(&piece.bytes, model) {
            Some(mut part) => vectors.append(&mut part),
            None => tracing::warn!("checkpoint part unusable"),
        }
    }
    Ok(vectors)
}

/// Removes what was saved: the job is over.
pub(crate) async fn remove(objects: &impl Objects, record: &JobRecord) {
    let prefix = keys::checkpoints(record.user_id(), record.task_id());
    if let Err(error) = delete_all(objects, &prefix).await {
        // Nobody reads it again, and it expires with the bucket's rule.
        tracing::warn!(error = %error, "checkpoint not removed");
    }
}

fn identity(model: &ModelIdentity) -> TextHash {
    let text = format!("{}\0{}\0{}\0{}", model.name, model.dimension, model.precision, model.max_tokens);
    Sha256::digest(text).into()
}

fn rows(vectors: &Vectors) -> Vec<(&TextHash, &[f32])> {
    vectors.iter().map(|(hash, vector)| (hash, &**vector)).collect()
}

fn encode(model: &ModelIdentity, vectors: &[(&TextHash, &[f32])]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + vectors.len() * (HASH + model.dimension * 4) + HASH);
    bytes.extend(MAGIC);
    bytes.extend(identity(model));
    bytes.extend((model.dimension as u32).to_le_bytes());
    bytes.extend((vectors.len() as u32).to_le_bytes());
    for (hash, vector) in vectors {
        bytes.extend(hash.as_slice());
        vector.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    }
    let check = Sha256::digest(&bytes);
    bytes.extend(check);
    bytes
}

fn decode(bytes: &[u8], model: &ModelIdentity) -> Option<Vectors> {
    let (body, check) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if body.len() < HEADER || Sha256::digest(body).as_slice() != check {
        return None;
    }
    let (header, rows) = body.split_at(HEADER);
    let mut expected = MAGIC.to_vec();
    expected.extend(identity(model));
    expected.extend((model.dimension as u32).to_le_bytes());
    let row = HASH + model.dimension * size_of::<f32>();
    let count = u32::from_le_bytes(header[HEADER - 4..].try_into().ok()?) as usize;
    if header[..HEADER - 4] != expected || rows.len() != count.checked_mul(row)? {
        return None;
    }
    rows.chunks_exact(row)
        .map(|row| {
            let (hash, values) = row.split_at(HASH);
            let value = |bytes: &[u8]| bytes.try_into().ok().map(f32::from_le_bytes);
            let vector: Option<Box<[f32]>> = values.chunks_exact(4).map(value).collect();
            Some((hash.try_into().ok()?, vector?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelIdentity {
        ModelIdentity { name: name.to_owned(), dimension: 3, precision: "f32", max_tokens: 8 }
    }

    #[test]
    fn vectors_come_back_to_the_bit_and_damage_does_not() {
        let vectors: Vectors =
            [([1; 32], vec![0.1, -0.2, f32::MIN_POSITIVE].into()), ([2; 32], vec![1.0, 0.0, -0.0].into())]
                .into();
        let all = rows(&vectors);
        let bytes = encode(&model("a"), &all);
        let back = decode(&bytes, &model("a")).unwrap();
        assert_eq!(back[&[1; 32]][2].to_bits(), f32::MIN_POSITIVE.to_bits());
        assert_eq!(back[&[2; 32]][2].to_bits(), (-0.0_f32).to_bits());
        assert_eq!(decode(&bytes, &model("b")), None);
        for damaged in [&bytes[..bytes.len() - 1], &bytes[1..], b""] {
            assert_eq!(decode(damaged, &model("a")), None);
        }
        let mut flipped = bytes;
        flipped[60] ^= 1;
        assert_eq!(decode(&flipped, &model("a")), None);
    }
}
