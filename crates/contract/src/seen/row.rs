//! One row, read by the places of a view's columns.

use model::{Addr, Event, Interval, Timestamp, Uid, Value};

/// The place of a column that the kind does not have.
pub(super) const ABSENT: u16 = u16::MAX;

/// An event with the places of the columns that its view reads.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    event: &'a Event,
    columns: &'a [u16],
}

impl<'a> Row<'a> {
    pub(super) const fn new(event: &'a Event, columns: &'a [u16]) -> Self {
        Self { event, columns }
    }

    /// The event itself.
    pub const fn event(&self) -> &'a Event {
        self.event
    }

    #[inline]
    pub(super) fn value(&self, place: usize) -> &'a Value {
        const UNSET: &Value = &Value::Unset;
        let column = self.columns.get(place).copied().unwrap_or(ABSENT);
        self.event.cells().get(usize::from(column)).unwrap_or(UNSET)
    }

    #[inline]
    pub(super) fn bytes(&self, place: usize) -> &'a [u8] {
        self.value(place).as_bytes().unwrap_or_default()
    }

    #[inline]
    pub(super) fn count(&self, place: usize) -> Option<u64> {
        self.value(place).as_count()
    }

    #[inline]
    pub(super) fn flag(&self, place: usize) -> Option<bool> {
        match self.value(place) {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn double(&self, place: usize) -> Option<f64> {
        match self.value(place) {
            Value::Double(number) => Some(*number),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn interval(&self, place: usize) -> Option<Interval> {
        match self.value(place) {
            Value::Interval(length) => Some(*length),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn time(&self, place: usize) -> Option<Timestamp> {
        self.value(place).as_time()
    }

    #[inline]
    pub(super) fn id(&self, place: usize) -> Option<Uid> {
        match self.value(place) {
            Value::Uid(uid) => Some(*uid),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn addr(&self, place: usize) -> Option<Addr> {
        self.value(place).as_addr()
    }

    /// An address and the port in the column behind it.
    #[inline]
    pub(super) fn end(&self, place: usize) -> Option<(Addr, u16)> {
        Some((self.addr(place)?, self.count(place + 1).and_then(|port| u16::try_from(port).ok())?))
    }

    #[inline]
    pub(super) fn list(&self, place: usize) -> &'a [Value] {
        match self.value(place) {
            Value::List(items) => items,
            _ => &[],
        }
    }

    #[inline]
    pub(super) fn texts(&self, place: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.list(place).iter().filter_map(Value::as_bytes)
    }
}
