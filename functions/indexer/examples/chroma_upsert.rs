//! Writes vectors into a collection of Chroma and prints the seconds it took; `benches/chroma_upsert.py` runs it beside
//! the official client.
//!
//! `chroma_upsert URL COLLECTION VECTORS DIMENSION WRITES`: VECTORS is a file of little-endian `f32`, WRITES how many
//! writes may be in flight. What is written beside a vector is what the indexer writes.
#![expect(clippy::print_stdout, reason = "the measure is its output")]

use std::error::Error;
use std::time::Instant;

use graphnode_adapters::chroma::{ChromaIndex, ChromaSettings};
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, VectorIndex, VectorRecord};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, collection, vectors, dimension, writes] = arguments.as_slice() else {
        return Err("usage: chroma_upsert URL COLLECTION VECTORS DIMENSION WRITES".into());
    };
    let settings = ChromaSettings {
        collection: collection.clone(),
        parallel_writes: writes.parse()?,
        ..ChromaSettings::at(url.parse()?)
    };
    let records = records(&std::fs::read(vectors)?, dimension.parse()?);
    let build = GraphBuild {
        user_id: "user-1".parse()?,
        graph_id: "default".parse()?,
        generation: 1_780_000_000_000,
    };
    let index = ChromaIndex::new(settings)?;
    // Makes the collection and connects; the other client has done so as well before its clock starts.
    index.upsert(&build, &[]).await?;
    let begun = Instant::now();
    index.upsert(&build, &records).await?;
    println!("{}", begun.elapsed().as_secs_f64());
    Ok(())
}

fn records(bytes: &[u8], dimension: usize) -> Vec<VectorRecord> {
    let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    let record = |(number, row): (usize, &[f32])| VectorRecord {
        embedding: row.to_vec(),
        metadata: RecordMetadata {
            orig_id: format!("6650f3a1-7c2b-4f0e-9d3a-{number:012}"),
            node_id: number as u64,
            cluster_id: format!("cluster_{}", number % 12 + 1),
            cluster_name: Some("Bread baking and sourdough".to_owned()),
            keywords: "sourdough,rye flour,oven temperature,starter,proofing,crust,hydration".to_owned(),
            create_time: Some(1_709_405_640.0 + number as f64),
            num_messages: 12,
            source_type: "chat".to_owned(),
            model: "all-MiniLM-L6-v2".to_owned(),
        },
    };
    values.chunks_exact(dimension).enumerate().map(record).collect()
}
