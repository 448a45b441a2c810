//! How fast vectors get into Chroma: `chroma_throughput URL [COUNT] [DIMENSION] [PARALLEL]`.
#![expect(clippy::print_stdout, reason = "what it measures is its output")]

use std::time::Instant;

use graphnode_adapters::chroma::{ChromaIndex, ChromaSettings};
use graphnode_core::ports::vectors::{GraphBuild, RecordMetadata, VectorIndex, VectorRecord};

/// Deterministic values in place of a model's (xorshift).
fn records(count: usize, dimension: usize) -> Vec<VectorRecord> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut value = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let metadata = |number: usize| RecordMetadata {
        orig_id: format!("3f1c9a7e-{number:08}"),
        node_id: number as u64,
        cluster_id: format!("cluster_{}", number % 8),
        cluster_name: Some("bread, flour & oven".to_owned()),
        keywords: "sour dough,oven,flour,yeast,hydration".to_owned(),
        create_time: Some(1_709_405_640.0 + number as f64),
        num_messages: 12,
        source_type: "chat".to_owned(),
        model: "all-MiniLM-L6-v2".to_owned(),
    };
    (0..count)
        .map(|number| {
            let mut embedding: Vec<f32> = (0..dimension).map(|_| value()).collect();
            graphnode_core::matrix::normalise(&mut embedding);
            VectorRecord { embedding, metadata: metadata(number) }
        })
        .collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: usize| arguments.get(place).map_or(Ok(default), |text| text.parse());
    let url = arguments.first().ok_or("usage: chroma_throughput URL [COUNT] [DIMENSION] [PARALLEL]")?;
    let (count, dimension) = (number(1, 10_000)?, number(2, 384)?);
    let settings = ChromaSettings {
        collection: format!("throughput-{}", std::process::id()),
        parallel_writes: number(3, ChromaSettings::PARALLEL_WRITES)?,
        ..ChromaSettings::at(url.parse()?)
    };
    let index = ChromaIndex::new(settings)?;
    let records = records(count, dimension);
    let build = |generation| -> Result<GraphBuild, graphnode_core::ids::InvalidId> {
        Ok(GraphBuild { user_id: "throughput".parse()?, graph_id: "default".parse()?, generation })
    };
    for (what, generation) in [("new records", 1), ("the same again", 2)] {
        let start = Instant::now();
        index.upsert(&build(generation)?, &records).await?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{what}: {count} in {seconds:.2} s, {:.0} a second", count as f64 / seconds);
    }
    Ok(())
}
