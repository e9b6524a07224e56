//! The tab-separated form: `#separator`, `#fields` and their like, then one row a line.

use super::Account;
use super::cell::{is_id, scalar, unescaped};
use model::{Column, Event, Kind, Scalar, Type, Value};

/// Columns of a header that are read: Zeek's widest log has some eighty.
const COLUMNS_MAX: usize = 1_024;

/// What the header says.
#[derive(Debug)]
pub(super) struct Header {
    separator: u8,
    set_separator: u8,
    empty: Vec<u8>,
    unset: Vec<u8>,
    /// For each column of the file, its place in the kind and what it holds.
    columns: Vec<Option<(Column, Type, bool)>>,
}

impl Default for Header {
    fn default() -> Self {
        Self { separator: b'\t', set_separator: b',', empty: b"(empty)".to_vec(), unset: b"-".to_vec(), columns: Vec::new() }
    }
}

impl Header {
    /// Takes in a line of the header.
    pub(super) fn learn(&mut self, line: &[u8], kind: &'static Kind, account: &mut Account) {
        if let Some(text) = line.strip_prefix(b"#separator ") {
            self.separator = unescaped(text, |_| true).first().copied().unwrap_or(b'\t');
            return;
        }
        let mut parts = line.split(|byte| *byte == self.separator);
        let (name, value) = (parts.next().unwrap_or_default(), line);
        let value = value.get(name.len() + 1..).unwrap_or_default();
        match name {
            b"#set_separator" => self.set_separator = value.first().copied().unwrap_or(b','),
            b"#empty_field" => self.empty = value.to_vec(),
            b"#unset_field" => self.unset = value.to_vec(),
            b"#fields" => self.columns = parts.take(COLUMNS_MAX).map(|name| place(name, kind, account)).collect(),
            _ => {}
        }
    }

    /// The event of a row.
    pub(super) fn row(&self, line: &[u8], kind: &'static Kind, number: u64, account: &mut Account) -> Option<Event> {
        if self.columns.is_empty() {
            account.malformed(number, "a row before the line #fields");
            return None;
        }
        if line.iter().filter(|byte| **byte == self.separator).count() + 1 < self.columns.len() {
            account.malformed(number, "the line has fewer cells than the header");
            return None;
        }
        let mut event = Event::new(kind, model::Timestamp::default());
        for (cell, column) in line.split(|byte| *byte == self.separator).zip(&self.columns) {
            let Some((column, ty, is_id)) = column else { continue };
            if cell == self.unset {
                continue;
            }
            match self.value(cell, *ty, *is_id) {
                Some(value) => event.set(*column, value),
                None => account.bad_cell(number, kind.columns().nth(column.index()).map_or("?", |field| field.name)),
            }
        }
        Some(event)
    }

    fn value(&self, cell: &[u8], ty: Type, is_id: bool) -> Option<Value> {
        let (Type::Set(item) | Type::Vector(item)) = ty else {
            let Type::One(one) = ty else { return None };
            return self.one(cell, one, is_id);
        };
        if cell == self.empty {
            return Some(Value::List(Box::default()));
        }
        let items = cell.split(|byte| *byte == self.set_separator);
        let items: Option<Vec<Value>> =
            items.map(|text| if text == self.unset { Some(Value::Unset) } else { self.one(text, item, is_id) }).collect();
        items.map(|items| Value::List(items.into()))
    }

    fn one(&self, cell: &[u8], ty: Scalar, is_id: bool) -> Option<Value> {
        if matches!(ty, Scalar::String | Scalar::Enum) {
            if cell == self.empty {
                return Some(Value::from(&b""[..]));
            }
            if cell.contains(&b'\\') {
                return scalar(&unescaped(cell, |_| true), ty, is_id);
            }
        }
        scalar(cell, ty, is_id)
    }
}

fn place(name: &[u8], kind: &'static Kind, account: &mut Account) -> Option<(Column, Type, bool)> {
    let name = String::from_utf8_lossy(name);
    let column = kind.find(&name);
    if column.is_none() {
        account.unknown(&name);
    }
    let column = column?;
    let ty = kind.columns().nth(column.index())?.ty;
    Some((column, ty, is_id(&name)))
}
