//! Logs read back, row by row: Zeek's TSV and JSON lines, ours and real Zeek's.

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

/// The longest line that is looked at: far beyond any row that a sensor writes, so that no file fills the memory.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// One cell with its column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field<'a> {
    /// The column's name.
    pub(crate) name: Cow<'a, str>,
    /// The cell as it stands in the log, list elements separated by commas.
    pub(crate) text: Cow<'a, str>,
    /// What it holds.
    pub(crate) shape: Shape,
}

/// What a cell holds, as far as it matters for reading and for printing JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether it is a set or a vector.
    pub(crate) list: bool,
    /// What its values are.
    pub(crate) scalar: Scalar,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    /// Text, addresses, ids.
    Text,
    /// Anything that JSON writes as a number.
    Number,
    /// `T` or `F`.
    Bool,
}

impl Field<'_> {
    /// The values in the cell; none where it is unset or empty.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        let list = self.shape.list;
        let text = if matches!(&*self.text, "" | "-" | "(empty)") { None } else { Some(&*self.text) };
        text.into_iter().flat_map(move |text| text.split(move |c| list && c == ','))
    }

    /// Whether there is anything in the cell.
    pub(crate) fn is_set(&self) -> bool {
        self.values().next().is_some()
    }

    /// A cell that outlives its line.
    pub(crate) fn into_owned(self) -> Field<'static> {
        Field { name: Cow::Owned(self.name.into_owned()), text: Cow::Owned(self.text.into_owned()), shape: self.shape }
    }
}

/// Calls `visit` with the number of each row and its line; `wanted` looks at the raw line first, so that most are never parsed.
pub(crate) fn scan(path: &Path, wanted: &mut dyn FnMut(&str) -> bool, visit: &mut dyn FnMut(u64, Vec<Field<'_>>)) -> io::Result<()> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|ending| ending == "gz");
    let bytes: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = BufReader::with_capacity(1 << 18, bytes);
    let mut header = Header::default();
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        if reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if text.starts_with('#') {
            header.learn(text);
        } else if !text.is_empty() && wanted(text) {
            if text.starts_with('{') {
                if let Ok(Value::Object(object)) = serde_json::from_str(text) {
                    visit(number, object.into_iter().filter_map(|(name, value)| json_field(name, &value)).collect());
                }
            } else if !header.columns.is_empty() {
                visit(number, header.row(text));
            }
        }
    }
    Ok(())
}

/// The log that a file is: `conn` for `conn.log` and for Zeek's rotated `conn.10:00:00-11:00:00.log.gz`.
pub(crate) fn log_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".log")?.split('.').next().filter(|name| !name.is_empty())
}

#[derive(Default)]
struct Header {
    columns: Vec<(String, Shape)>,
}

impl Header {
    fn learn(&mut self, line: &str) {
        let mut words = line.split('\t');
        match words.next() {
            Some("#fields") => {
                let shape = Shape { list: false, scalar: Scalar::Text };
                self.columns = words.map(|name| (name.to_owned(), shape)).collect();
            }
            Some("#types") => {
                for ((_, shape), word) in self.columns.iter_mut().zip(words) {
                    *shape = shape_of(word);
                }
            }
            _ => {}
        }
    }

    fn row<'a>(&'a self, line: &'a str) -> Vec<Field<'a>> {
        let cell = |((name, shape), text): (&'a (String, Shape), &'a str)| Field {
            name: Cow::Borrowed(name),
            text: Cow::Borrowed(text),
            shape: *shape,
        };
        self.columns.iter().zip(line.split('\t')).map(cell).collect()
    }
}

fn shape_of(ty: &str) -> Shape {
    let (list, inner) = match ty.split_once('[') {
        Some((_, inner)) => (true, inner.trim_end_matches(']')),
        None => (false, ty),
    };
    let scalar = match inner {
        "bool" => Scalar::Bool,
        "count" | "int" | "double" | "time" | "interval" | "port" => Scalar::Number,
        _ => Scalar::Text,
    };
    Shape { list, scalar }
}

/// A member of a JSON row in the form of the TSV logs, so that the rest of the program knows one form only.
fn json_field(name: String, value: &Value) -> Option<Field<'static>> {
    let (text, shape) = match value {
        Value::Null => return None,
        Value::Array(items) => {
            let words: Vec<_> = items.iter().map(|item| scalar_text(item).replace(',', "\\x2c")).collect();
            let text = if words.is_empty() { "(empty)".to_owned() } else { words.join(",") };
            (text, Shape { list: true, scalar: items.first().map_or(Scalar::Text, scalar_of) })
        }
        other => (scalar_text(other), Shape { list: false, scalar: scalar_of(other) }),
    };
    Some(Field { name: Cow::Owned(name), text: Cow::Owned(text), shape })
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::Bool(yes) => if *yes { "T" } else { "F" }.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

const fn scalar_of(value: &Value) -> Scalar {
    match value {
        Value::Bool(_) => Scalar::Bool,
        Value::Number(_) => Scalar::Number,
        _ => Scalar::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_alike() {
        let mut header = Header::default();
        header.learn("#fields\tts\tanswers\tAA\tquery");
        header.learn("#types\ttime\tvector[string]\tbool\tstring");
        let tsv = header.row("1.500000\ta,b\tT\t-");
        let json: serde_json::Map<_, _> = serde_json::from_str(r#"{"ts":1.5,"answers":["a","b"],"AA":true}"#).expect("an object");
        let json: Vec<_> = json.into_iter().filter_map(|(name, value)| json_field(name, &value)).collect();
        assert_eq!(tsv[1..3], json[1..3]);
        assert_eq!(tsv[1].values().collect::<Vec<_>>(), ["a", "b"]);
        assert!(!tsv[3].is_set());
    }

    #[test]
    fn rotated_logs_keep_their_name() {
        assert_eq!(log_name(Path::new("a/conn.log")), Some("conn"));
        assert_eq!(log_name(Path::new("dns.10:00:00-11:00:00.log")), Some("dns"));
        assert_eq!(log_name(Path::new("dns.10:00:00-11:00:00.log.gz")), Some("dns"));
        assert_eq!(log_name(Path::new("notes.txt")), None);
    }
}
