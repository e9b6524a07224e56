//! One cell of an event.

use crate::{Addr, Interval, Timestamp, Uid};

/// A cell's content. Strings are bytes as they were on the wire; writers escape them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Not known: `-` in Zeek's logs, absent in JSON.
    #[default]
    Unset,
    /// `T` or `F`.
    Bool(bool),
    /// An unsigned number.
    Count(u64),
    /// A signed number.
    Int(i64),
    /// A fractional number. In a column of times: seconds since 1970, for a time beyond the year 2262 that [`Timestamp`] can't hold.
    Double(f64),
    /// A point in time.
    Time(Timestamp),
    /// A length of time.
    Interval(Interval),
    /// An address.
    Addr(Addr),
    /// A port number, or an ICMP type or code.
    Port(u16),
    /// Text from the wire, of any bytes.
    Bytes(Box<[u8]>),
    /// Text that the program itself knows: names of enumerations, fixed words.
    Static(&'static str),
    /// An id.
    Uid(Uid),
    /// Several cells: a set or a vector, as the field's type says. An empty one prints as `(empty)`.
    List(Box<[Value]>),
}

impl Value {
    /// Whether there is nothing here.
    pub const fn is_unset(&self) -> bool {
        matches!(self, Self::Unset)
    }

    /// The bytes of a text cell, wire or fixed; `None` for other cells.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Static(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// The number of a `Count` or `Port` cell.
    pub const fn as_count(&self) -> Option<u64> {
        match self {
            Self::Count(n) => Some(*n),
            Self::Port(n) => Some(*n as u64),
            _ => None,
        }
    }

    /// The address of an `Addr` cell.
    pub const fn as_addr(&self) -> Option<Addr> {
        match self {
            Self::Addr(addr) => Some(*addr),
            _ => None,
        }
    }

    /// The time of a `Time` cell.
    pub const fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            _ => None,
        }
    }

    /// A list of cells from anything that turns into cells.
    pub fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Like [`Value::list`], but `Unset` where there are no items.
    pub fn list_or_unset<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        match Self::list(items) {
            Self::List(items) if items.is_empty() => Self::Unset,
            list => list,
        }
    }
}

macro_rules! from {
    ($($source:ty => $value:ident => $make:expr),* $(,)?) => {
        $(impl From<$source> for Value {
            fn from($value: $source) -> Self {
                $make
            }
        })*
    };
}

from! {
    bool => v => Self::Bool(v),
    u8 => v => Self::Count(v.into()),
    u16 => v => Self::Count(v.into()),
    u32 => v => Self::Count(v.into()),
    u64 => v => Self::Count(v),
    usize => v => Self::Count(v as u64),
    i64 => v => Self::Int(v),
    f64 => v => Self::Double(v),
    Timestamp => v => Self::Time(v),
    Interval => v => Self::Interval(v),
    Addr => v => Self::Addr(v),
    Uid => v => Self::Uid(v),
    &'static str => v => Self::Static(v),
    String => v => Self::Bytes(v.into_bytes().into()),
    &[u8] => v => Self::Bytes(v.into()),
    Vec<u8> => v => Self::Bytes(v.into()),
    Box<[u8]> => v => Self::Bytes(v),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unset, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_small() {
        assert!(size_of::<Value>() <= 24, "a row is many cells: {} bytes each", size_of::<Value>());
    }

    #[test]
    fn absent_things_are_unset() {
        assert_eq!(Value::from(None::<u64>), Value::Unset);
        assert_eq!(Value::list_or_unset(Vec::<u64>::new()), Value::Unset);
        assert_eq!(Value::list(Vec::<u64>::new()), Value::List(Box::new([])));
    }
}
