//! Events: one row of a log each.

use crate::{Addr, Column, Kind, Timestamp, Uid, Value};

/// Something that was seen: a row of the log that its kind names.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    kind: &'static Kind,
    cells: Box<[Value]>,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Event {
    /// A row of `kind` with nothing in it but its time.
    pub fn new(kind: &'static Kind, ts: Timestamp) -> Self {
        let mut cells = vec![Value::Unset; kind.width()].into_boxed_slice();
        if let Some(first) = cells.first_mut() {
            *first = Value::Time(ts);
        }
        Self { kind, cells }
    }

    /// A row of a kind whose keys are [`crate::FLOW_KEYS`].
    pub fn of_flow(kind: &'static Kind, ts: Timestamp, uid: Uid, orig: (Addr, u16), resp: (Addr, u16)) -> Self {
        let mut row = Self::new(kind, ts);
        debug_assert_eq!(kind.keys.len(), crate::FLOW_KEYS.len());
        row.cells[1] = Value::Uid(uid);
        row.cells[2] = Value::Addr(orig.0);
        row.cells[3] = Value::Port(orig.1);
        row.cells[4] = Value::Addr(resp.0);
        row.cells[5] = Value::Port(resp.1);
        row
    }

    /// Puts a value into a column.
    pub fn set(&mut self, column: Column, value: impl Into<Value>) {
        if let Some(cell) = self.cells.get_mut(column.index()) {
            *cell = value.into();
        }
    }

    /// The same, for building a row in one expression.
    #[must_use]
    pub fn with(mut self, column: Column, value: impl Into<Value>) -> Self {
        self.set(column, value);
        self
    }

    /// What a column holds.
    pub fn get(&self, column: Column) -> &Value {
        self.cells.get(column.index()).unwrap_or(&Value::Unset)
    }

    /// What a column holds, to change it.
    pub fn get_mut(&mut self, column: Column) -> Option<&mut Value> {
        self.cells.get_mut(column.index())
    }

    /// The kind, and so the log and its columns.
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// All cells, in the order of the kind's columns.
    pub const fn cells(&self) -> &[Value] {
        &self.cells
    }

    /// All cells, to change them.
    pub const fn cells_mut(&mut self) -> &mut [Value] {
        &mut self.cells
    }

    /// The time in the first column.
    pub fn ts(&self) -> Timestamp {
        self.cells.first().and_then(Value::as_time).unwrap_or_default()
    }

    /// Bytes held, for limits: a close estimate.
    pub fn held_bytes(&self) -> usize {
        fn heap(value: &Value) -> usize {
            match value {
                Value::Bytes(bytes) => bytes.len(),
                Value::List(items) => items.iter().map(|item| size_of::<Value>() + heap(item)).sum(),
                _ => 0,
            }
        }
        size_of::<Self>() + self.cells.iter().map(|cell| size_of::<Value>() + heap(cell)).sum::<usize>()
    }
}
