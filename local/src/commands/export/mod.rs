//! `graphnode export`: a built graph as files that other programs read.
//!
//! `table` says what is told of nodes and edges; `csv` and `graphml` write it down.

mod csv;
mod graphml;
mod table;

use graphnode_adapters::folder::ResultFolder;
use serde_json::json;

use super::{files, read_graph};
use crate::cli::Export;
use crate::failure::Failure;
use crate::output;
use table::Table;

/// Writes the graph as GraphML, nodes and edges as CSV.
pub(super) fn run(arguments: &Export, json: bool) -> Result<(), Failure> {
    let graph = read_graph(&arguments.dir)?;
    let folder = ResultFolder::create(arguments.out.as_ref().unwrap_or(&arguments.dir))?;
    let (nodes, edges) = (Table::of_nodes(&graph), Table::of_edges(&graph));
    folder.write_text(files::GRAPHML, &graphml::written(&nodes, &edges))?;
    folder.write_text(files::NODES, &csv::written(&nodes))?;
    folder.write_text(files::EDGES, &csv::written(&edges))?;
    let paths = [files::GRAPHML, files::NODES, files::EDGES].map(|name| folder.path(name));
    let machine = json!({"graphml": paths[0], "nodes": paths[1], "edges": paths[2]});
    output::show(json, &machine, || {
        let [graphml, nodes, edges] = paths.each_ref().map(|path| path.display());
        format!(
            "For Gephi, Cytoscape, NetworkX and the like:  {graphml}\nFor spreadsheets:  {nodes}\n                   {edges}"
        )
    });
    Ok(())
}
