//! One module a command. Each does its work, then says what came of it and what to do next.

mod admin;
mod build;
mod check;
mod export;
mod inspect;
mod model;
mod search;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use graphnode_core::contract::Graph;
use graphnode_embedding::SentenceEncoder;

use crate::cli::{Arguments, Command, Model, ModelFolder};
use crate::failure::Failure;

/// Names of the files of a build and of what is exported from it.
pub(crate) mod files {
    pub(crate) const GRAPH: &str = "graph.json";
    pub(crate) const FEATURES: &str = "features.json";
    pub(crate) const SUMMARY: &str = "summary.json";
    pub(crate) const REPORT: &str = "report.json";
    pub(crate) const WORDS: &str = "words.bin";
    pub(crate) const PAGE: &str = "graph.html";
    pub(crate) const GRAPHML: &str = "graph.graphml";
    pub(crate) const NODES: &str = "nodes.csv";
    pub(crate) const EDGES: &str = "edges.csv";
}

/// Runs what was asked for.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    match arguments.command {
        Command::Build(build) => build::run(&build, json),
        Command::Search(search) => search::run(&search, json),
        Command::Inspect(inspect) => inspect::run(&inspect, json),
        Command::Check(check) => check::run(&check, json),
        Command::Export(export) => export::run(&export, json),
        Command::Serve(serve) => crate::serve::run(&serve, json),
        Command::Model(Model::Prepare(prepare)) => model::prepare(&prepare, json),
        Command::Model(Model::Verify(folder)) => model::verify(&folder, json),
        Command::Admin(admin) => admin::run(&admin, json),
    }
}

fn load_model(model: &ModelFolder) -> Result<SentenceEncoder, Failure> {
    Ok(SentenceEncoder::load(&model.folder)?)
}

fn read_graph(dir: &Path) -> Result<Graph, Failure> {
    let path = dir.join(files::GRAPH);
    let problem = |problem: String| Failure::Graph { path: path.clone(), problem };
    let file = File::open(&path).map_err(|error| problem(error.to_string()))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| problem(error.to_string()))
}
