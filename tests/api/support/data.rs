//! Real data, where it is at hand: the project commits none of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::notice;
use super::source::root;

/// Names the folder of the data sets.
const VARIABLE: &str = "KH_TEST_DATA";

/// The cells of a row by their columns, as text; empty ones are absent.
pub type Row = BTreeMap<String, String>;

/// The folder of one data set, such as `cdnow`; `None` (said loudly) where it is absent.
///
/// # Panics
/// With `CI=true` where it is absent.
pub fn set(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let set = folder.join(name);
    if set.is_dir() {
        return Some(set);
    }
    notice::skipping(
        &format!("The data set '{name}' was not found: A TEST WITH REAL DATA DOES NOT RUN."),
        &format!("Set {VARIABLE} to the folder of the data sets (looked into {}).", folder.display()),
    );
    None
}

/// A file of a data set.
pub fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The rows a query finds. Numbers are written as short as they can be told apart.
pub fn rows(database: &Connection, query: &str) -> Vec<Row> {
    let mut statement = database.prepare(query).expect("a query");
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let mut cells = Row::new();
        for (index, column) in columns.iter().enumerate() {
            let text = match row.get_ref(index)? {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8(text.to_vec()).expect("UTF-8"),
                ValueRef::Null | ValueRef::Blob(_) => continue,
            };
            cells.insert(column.clone(), text);
        }
        Ok(cells)
    });
    rows.expect("the rows").map(|row| row.expect("a row")).collect()
}

/// The rows of comma-separated values (RFC 4180), or of others so separated; the first line names the columns.
pub fn separated(text: &str, separator: char) -> Vec<Row> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    for sign in text.chars() {
        match sign {
            // A doubled quotation mark ends and begins the quotation: what it stands for is one of them.
            '"' => {
                is_quoted = !is_quoted;
                if is_quoted && !cell.is_empty() {
                    cell.push('"');
                }
            }
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            sign if sign == separator && !is_quoted => line.push(std::mem::take(&mut cell)),
            sign => cell.push(sign),
        }
    }
    if !cell.is_empty() || !line.is_empty() {
        line.push(cell);
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let columns = lines.next().unwrap_or_default();
    let row = |line: Vec<String>| {
        assert_eq!(line.len(), columns.len(), "{line:?}");
        columns.iter().cloned().zip(line).filter(|(_, cell)| !cell.is_empty()).collect()
    };
    lines.map(row).collect()
}

/// Rows by what stands in one of their columns, each group in the order of the file.
pub fn grouped(rows: Vec<Row>, column: &str) -> BTreeMap<String, Vec<Row>> {
    let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(row[column].clone()).or_default().push(row);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_is_there_has_files() {
        if let Some(folder) = set("naughty_strings") {
            assert!(folder.read_dir().unwrap().count() > 0, "{}", folder.display());
        }
    }

    #[test]
    fn cells_may_be_quoted() {
        let rows = separated("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",3\n4,,6", ',');
        let row = |cells: &[(&str, &str)]| -> Row {
            cells.iter().map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())).collect()
        };
        assert_eq!(rows, [row(&[("a", "1"), ("b", "x, \"y\"\nz"), ("c", "3")]), row(&[("a", "4"), ("c", "6")])]);
        assert_eq!(separated("", ';'), Vec::<Row>::new());
    }
}
