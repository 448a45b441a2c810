//! GraphML (<http://graphml.graphdrawing.org/specification.html>), as Gephi, Cytoscape and NetworkX open it.

use super::table::{Column, Table, Value};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n";
const FOOT: &str = "  </graph>\n</graphml>\n";
/// Columns of a node, or an edge, that its element names itself.
const IDS_OF_NODE: usize = 1;
const IDS_OF_EDGE: usize = 2;

/// One undirected graph.
pub(super) fn written(nodes: &Table, edges: &Table) -> String {
    let mut text = HEAD.to_owned();
    for (of, table, ids) in [("node", nodes, IDS_OF_NODE), ("edge", edges, IDS_OF_EDGE)] {
        for Column { name, kind } in &table.columns[ids..] {
            text +=
                &format!("  <key id=\"{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>\n");
        }
    }
    text += "  <graph edgedefault=\"undirected\">\n";
    for row in &nodes.rows {
        let data = data(&nodes.columns, row, IDS_OF_NODE);
        text += &format!("    <node id=\"n{}\">{data}</node>\n", plain(&row[0]));
    }
    for row in &edges.rows {
        let data = data(&edges.columns, row, IDS_OF_EDGE);
        let (source, target) = (plain(&row[0]), plain(&row[1]));
        text += &format!("    <edge source=\"n{source}\" target=\"n{target}\">{data}</edge>\n");
    }
    text + FOOT
}

/// The values after the first `ids`; empty ones are left out.
fn data(columns: &[Column], row: &[Value], ids: usize) -> String {
    let values = columns.iter().zip(row).skip(ids).map(|(column, value)| (column.name, plain(value)));
    values
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("<data key=\"{name}\">{value}</data>"))
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(words) => escaped(words),
    }
}

/// Text for XML 1.0, which has no way to write most control characters.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => text.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        assert_eq!(
            escaped("</data><x a=\"1\">&\u{0}\u{1b}\u{ffff}한글"),
            "&lt;/data&gt;&lt;x a=&quot;1&quot;&gt;&amp;한글"
        );
    }
}
