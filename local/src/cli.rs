//! What a person can type.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use graphnode_core::options::{DetailLevel, Language};

/// Where the model lies unless said otherwise.
pub(crate) const DEFAULT_MODEL: &str = "models/all-MiniLM-L6-v2";

/// Turn your AI-chat history into a knowledge graph you can see, search and read about.
///
/// Exit codes: 0 done; 1 something failed; 2 wrong usage; 3 the input is no export, or holds nothing to show;
/// 4 the model is missing, damaged or another one; 130 stopped by Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "graphnode", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print one JSON object for machines, no progress
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the graph of an export
    Build(Build),
    /// Search a built graph by meaning
    Search(Search),
    /// Show what a built graph holds
    Inspect(Inspect),
    /// Write a built graph as GraphML and CSV, for other programs
    Export(Export),
    /// Read an export without building: what is in it, what would be skipped and why
    Check(Check),
    /// Serve the whole system on this machine: an HTTP API, jobs, results, vectors
    ///
    /// It answers this machine only (127.0.0.1 and ::1) and asks for no login. Ctrl-C ends it: a running job saves what
    /// it has and goes on at the next start.
    Serve(Serve),
    /// Prepare or verify the sentence model
    #[command(subcommand)]
    Model(Model),
    /// Look at messages that nobody understood in the cloud, and send them again
    ///
    /// The worker keeps them in the bucket for 90 days. GRAPHNODE_BUCKET names it, GRAPHNODE_REQUEST_QUEUE_URL the queue they
    /// go back to; region and credentials are where AWS's own tools take them.
    ///
    /// A job that was answered FAILED is not begun again, whatever the reason was, an outage or a bad deployment included:
    /// its sender was told. They send the request again with a new taskId.
    #[command(subcommand)]
    Admin(Admin),
}

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The export: the ZIP as downloaded, its conversations.json, or a folder with conversations and notes
    pub export: PathBuf,
    /// Folder to write the results to
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Fewest clusters
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub min_clusters: usize,
    /// Most clusters
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub max_clusters: usize,
    /// Language of names and summary: en, ko or zh
    #[arg(long, default_value = "en")]
    pub language: Language,
    /// Language of the summary, where it differs
    #[arg(long, value_name = "LANGUAGE")]
    pub summary_language: Option<Language>,
    /// How much the summary says: brief, standard or detailed
    #[arg(long, value_name = "LEVEL", default_value = "standard")]
    pub detail: DetailLevel,
    /// Write no summary
    #[arg(long)]
    pub no_summary: bool,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub model: ModelFolder,
}

/// Which model to use.
#[derive(Debug, Args)]
pub(crate) struct ModelFolder {
    /// Folder of the sentence model
    #[arg(long = "model", value_name = "DIR", env = "GRAPHNODE_MODEL", default_value = DEFAULT_MODEL)]
    pub folder: PathBuf,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Folder of a build
    pub dir: PathBuf,
    /// What to look for, in your own words
    pub words: String,
    /// Most results
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    #[command(flatten)]
    pub model: ModelFolder,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Folder of a build
    pub dir: PathBuf,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder of a build
    pub dir: PathBuf,
    /// Folder to write graph.graphml, nodes.csv and edges.csv to [default: that of the build]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The export, as for build
    pub export: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Folder that everything lies in: uploads, results, vectors
    #[arg(long, value_name = "DIR", default_value = "graphnode-data")]
    pub data: PathBuf,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 7878)]
    pub port: u16,
    /// Threads a job may use [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Use S3, SQS, ECS and Chroma instead of a folder, as the environment names them (GRAPHNODE_BUCKET, CHROMA_URL, …).
    /// Jobs are run and indexed there, not here. There is no login all the same: you are the person `local`
    #[arg(long, conflicts_with_all = ["data", "threads"])]
    pub cloud: bool,
    /// Log every request and job to the terminal
    #[arg(long)]
    pub verbose: bool,
    #[command(flatten)]
    pub model: ModelFolder,
}

/// What can be done with a model.
#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Turn a sentence-transformers folder into one that starts quickly
    Prepare(PrepareModel),
    /// Check a prepared model byte by byte
    Verify(ModelFolder),
}

/// Arguments of `model prepare`.
#[derive(Debug, Args)]
pub(crate) struct PrepareModel {
    /// Folder with config.json, tokenizer.json or vocab.txt, and model.safetensors
    pub source: PathBuf,
    /// Folder to write
    #[arg(default_value = DEFAULT_MODEL)]
    pub folder: PathBuf,
    /// Refuse weights (model.safetensors) with another SHA-256
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// Keep 32-bit weights: four times the size, half the speed, the reference's exact vectors
    #[arg(long)]
    pub f32: bool,
}

/// What can be done with kept messages.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// List the kept messages, the newest first: when they were kept, id, task id, reason
    List,
    /// Show all of a kept message, what somebody wrote in it included
    Show(ShowMessage),
    /// Send kept messages to the request queue again, the oldest first, and keep them no longer
    ///
    /// Mend the cause first: what is still not understood comes back under a new id. A message whose sender was told that it
    /// failed is left where it is: they send the request again, with a new taskId. Stopped in between, a message may be sent
    /// twice; a job is done once all the same.
    Redrive(Redrive),
}

/// Arguments of `admin show`.
#[derive(Debug, Args)]
pub(crate) struct ShowMessage {
    /// Its id, as `admin list` tells it
    pub id: String,
}

/// Arguments of `admin redrive`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "all"]))]
pub(crate) struct Redrive {
    /// Their ids, as `admin list` tells them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// All that are kept
    #[arg(long)]
    pub all: bool,
    /// Only say what would be sent
    #[arg(long)]
    pub dry_run: bool,
}
