//! Columns of rows from what stands under a path of a tree: a table says which, the column's own type says how.

use crate::text::addr;
use crate::tree::Node;
use contract::Kinds;
use model::{Column, Event, Interval, Kind, Scalar, Type, Value};

/// Items of a list that are kept: as many as a DNS answer or a list of recipients has.
const ITEMS_MAX: usize = 256;

/// A kind, and which of its columns are filled from where.
pub(crate) struct Table {
    pub(crate) kind: &'static Kind,
    columns: Vec<(&'static str, Column, Type)>,
}

impl Table {
    /// For a kind of that name, if there is one; columns that it does not have are left out.
    pub(crate) fn of(kinds: &dyn Kinds, name: &str, table: &[(&'static str, &'static str)]) -> Option<Self> {
        Some(Self::on(kinds.kind(name)?, table))
    }

    /// For a kind.
    pub(crate) fn on(kind: &'static Kind, table: &[(&'static str, &'static str)]) -> Self {
        let found = table.iter().filter_map(|(path, name)| {
            let column = kind.find(name)?;
            Some((*path, column, kind.columns().nth(column.index())?.ty))
        });
        Self { kind, columns: found.collect() }
    }

    /// Fills what the tree has.
    pub(crate) fn fill(&self, row: &mut Event, root: &Node<'_>) {
        for (path, column, ty) in &self.columns {
            if let Some(node) = root.at(path) {
                let value = cell(node, *ty);
                if !value.is_unset() {
                    row.set(*column, value);
                }
            }
        }
    }
}

/// Sets a column by its name, where the kind has it.
pub(crate) fn set(row: &mut Event, name: &str, value: impl Into<Value>) {
    if let Some(column) = row.kind().find(name) {
        row.set(column, value);
    }
}

/// What a column of that type can hold of it; unset where it is something else.
pub(crate) fn cell(node: &Node<'_>, ty: Type) -> Value {
    match ty {
        Type::One(one) => scalar(node, one),
        Type::Set(one) | Type::Vector(one) => {
            let items = node.items().iter().take(ITEMS_MAX).map(|item| scalar(item, one)).filter(|value| !value.is_unset());
            Value::list_or_unset(items)
        }
    }
}

fn scalar(node: &Node<'_>, ty: Scalar) -> Value {
    let text = || node.text();
    match ty {
        Scalar::Bool => match node {
            Node::Bool(flag) => Value::Bool(*flag),
            Node::Text(text) if matches!(text.as_ref(), "true" | "T") => Value::Bool(true),
            Node::Text(text) if matches!(text.as_ref(), "false" | "F") => Value::Bool(false),
            _ => Value::Unset,
        },
        Scalar::Count => node.count().into(),
        Scalar::Int => text().and_then(|text| text.parse::<i64>().ok()).into(),
        Scalar::Double => text().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite()).into(),
        Scalar::Interval => {
            let secs = text().and_then(|text| text.parse::<f64>().ok()).filter(|secs| secs.is_finite() && *secs >= 0.0);
            secs.map_or(Value::Unset, |secs| Value::Interval(Interval::from_secs_f64(secs)))
        }
        Scalar::Port => node.count().and_then(|port| u16::try_from(port).ok()).map_or(Value::Unset, Value::Port),
        Scalar::Addr => text().and_then(|text| addr(text.as_bytes())).into(),
        Scalar::String | Scalar::Enum => text().map_or(Value::Unset, |text| Value::from(text.as_bytes())),
        // Times are written in too many ways to be guessed here.
        Scalar::Time => Value::Unset,
    }
}
