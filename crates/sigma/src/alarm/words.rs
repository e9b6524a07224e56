//! What a row says in words: a column's value as text, and the whole row as a line.

use model::{Event, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest line that patterns are held against, in bytes: more than any log's line is worth.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A cell as text; `None` where it is not set.
pub(super) fn text(cell: &Value) -> Option<Cow<'_, str>> {
    Some(match cell {
        Value::Unset => return None,
        Value::Bytes(_) | Value::Static(_) => String::from_utf8_lossy(cell.as_bytes().unwrap_or_default()),
        Value::Bool(yes) => Cow::Borrowed(if *yes { "true" } else { "false" }),
        Value::Count(number) => Cow::Owned(number.to_string()),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Double(number) => Cow::Owned(number.to_string()),
        Value::Time(at) => Cow::Owned((at.nanos() as f64 / 1e9).to_string()),
        Value::Interval(length) => Cow::Owned((length.nanos() as f64 / 1e9).to_string()),
        Value::Addr(addr) => Cow::Owned(addr.to_string()),
        Value::Port(port) => Cow::Owned(port.to_string()),
        Value::Uid(uid) => Cow::Owned(uid.to_string()),
        Value::List(items) => Cow::Owned(items.iter().filter_map(text).collect::<Vec<_>>().join(",")),
    })
}

/// A cell as a number: as it is, or as its text says.
pub(super) fn number(cell: &Value) -> Option<f64> {
    match cell {
        Value::Count(number) => Some(*number as f64),
        Value::Int(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::Port(port) => Some(f64::from(*port)),
        Value::Time(at) => Some(at.nanos() as f64 / 1e9),
        Value::Interval(length) => Some(length.nanos() as f64 / 1e9),
        Value::Bytes(_) | Value::Static(_) => std::str::from_utf8(cell.as_bytes()?).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// A row as a line: the record itself where it was kept as it is, else the cells that are set, one space between two.
pub(super) fn line(event: &Event) -> Cow<'_, str> {
    if let Some(record) = event.kind().find("line").and_then(|column| event.get(column).as_bytes()) {
        return String::from_utf8_lossy(record.get(..LINE_BYTES_MAX).unwrap_or(record));
    }
    let mut line = String::new();
    for cell in event.cells().iter().skip(1).filter_map(text) {
        // Writing to a String cannot fail.
        let _ = write!(line, "{}{cell}", if line.is_empty() { "" } else { " " });
        if line.len() > LINE_BYTES_MAX {
            break;
        }
    }
    Cow::Owned(line)
}
