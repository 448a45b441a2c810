//! Makes a large export out of a small one, to measure memory and speed with.
//!
//! `generate_export SAMPLE OUT --bytes N` writes the conversations of SAMPLE (a JSON list, or the object around
//! one) again and again until OUT holds N bytes. Every copy is its original to the byte except for the id,
//! which is new and the same in every run. OUT is written as it is made: memory is that of SAMPLE.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Repeats the conversations of a sample export under new ids.
#[derive(Parser)]
struct Arguments {
    /// Export to repeat.
    sample: PathBuf,
    /// File to write.
    out: PathBuf,
    /// Length to reach, in bytes.
    #[arg(long)]
    bytes: u64,
}

/// The forms a sample may have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sample {
    List(Vec<Ids>),
    Wrapper { conversations: Vec<Ids> },
}

/// The fields that a conversation's id may stand in; the first that does counts.
#[derive(Deserialize, Default)]
struct Ids {
    id: Option<String>,
    conversation_id: Option<String>,
    uuid: Option<String>,
}

/// The same forms as they are written. `untagged` cannot hold raw JSON, so the form is known beforehand.
#[derive(Deserialize)]
struct RawWrapper<'a> {
    #[serde(borrow)]
    conversations: Vec<&'a RawValue>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { sample, out, bytes } = Arguments::parse();
    let json = std::fs::read_to_string(&sample).with_context(|| format!("reading {}", sample.display()))?;
    let conversations = read(&json).context("the sample holds no list of conversations")?;
    ensure!(!conversations.is_empty(), "the sample holds no conversations");
    let file = File::create(&out).with_context(|| format!("creating {}", out.display()))?;
    repeat(&conversations, bytes, BufWriter::with_capacity(1 << 20, file)).context("writing the export")
}

/// The conversations, each cut at the places where its id stands.
fn read(json: &str) -> serde_json::Result<Vec<Vec<String>>> {
    let (ids, raw) = match serde_json::from_str(json)? {
        Sample::List(ids) => (ids, serde_json::from_str(json)?),
        Sample::Wrapper { conversations } => {
            (conversations, serde_json::from_str::<RawWrapper<'_>>(json)?.conversations)
        }
    };
    let pieces = ids.into_iter().zip(raw).map(|(ids, raw)| {
        let Ids { id, conversation_id, uuid } = ids;
        match id.or(conversation_id).or(uuid) {
            Some(id) => raw.get().split(&format!("\"{id}\"")).map(str::to_owned).collect(),
            // It gets an id as its first field.
            None => vec!["{\"id\":".to_owned(), raw.get().replacen('{', ",", 1)],
        }
    });
    Ok(pieces.collect())
}

/// Writes copies until `bytes` are reached.
fn repeat(conversations: &[Vec<String>], bytes: u64, mut out: impl Write) -> std::io::Result<()> {
    let mut length = 2;
    out.write_all(b"[")?;
    for (position, pieces) in conversations.iter().cycle().enumerate() {
        let id = format!("\"00000000-0000-4000-8000-{position:012x}\"");
        let copy = pieces.join(&id);
        let separator = if position == 0 { "" } else { "," };
        out.write_all(separator.as_bytes())?;
        out.write_all(copy.as_bytes())?;
        length += (separator.len() + copy.len()) as u64;
        if length >= bytes {
            break;
        }
    }
    out.write_all(b"]")?;
    out.flush()
}
