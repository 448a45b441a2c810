//! CSV (RFC 4180), as spreadsheets open it.

use super::table::{Table, Value};

/// Without it spreadsheets take UTF-8 for another encoding.
const MARK: &str = "\u{feff}";
const END: &str = "\r\n";
/// A spreadsheet runs what begins with one of these as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The table, its column names first.
pub(super) fn written(table: &Table) -> String {
    let mut text = MARK.to_owned();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    text += &names.join(",");
    text += END;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        text += &cells.join(",");
        text += END;
    }
    text
}

fn cell(value: &Value) -> String {
    match value {
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(words) => quoted(&plain(words)),
    }
}

/// A title stays a title: an apostrophe in front tells spreadsheets that it is no formula.
fn plain(words: &str) -> String {
    let apostrophe = if words.starts_with(FORMULA) { "'" } else { "" };
    format!("{apostrophe}{words}")
}

fn quoted(words: &str) -> String {
    if words.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", words.replace('"', "\"\""))
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let cell = |words: &str| cell(&Value::Text(words.to_owned()));
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a, b"), "\"a, b\"");
        assert_eq!(cell("say \"hi\"\nthere"), "\"say \"\"hi\"\"\nthere\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(super::cell(&Value::Real(-0.25)), "-0.25");
    }
}
