//! The schema of a log, as data.

/// The kind of an event: a log's name, what it says, and its columns in order (first the keys, then the rest).
#[derive(Debug)]
pub struct Kind {
    /// The log's name, as Zeek names it: `dns` for `dns.log`.
    pub name: &'static str,
    /// One sentence: what a row of this log stands for.
    pub doc: &'static str,
    /// The leading columns, shared by many kinds: [`FLOW_KEYS`] or [`TS_KEY`].
    pub keys: &'static [Field],
    /// The kind's own columns, Zeek's first and ours behind them.
    pub fields: &'static [Field],
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The column's name, as Zeek names it.
    pub name: &'static str,
    /// What its cells hold.
    pub ty: Type,
    /// The unit of its numbers; empty for those without one.
    pub unit: &'static str,
    /// One sentence: what a cell says.
    pub doc: &'static str,
}

/// A column of the kind `field`: `field("rtt", Type::One(Scalar::Interval), "s", "…")`.
pub const fn field(name: &'static str, ty: Type, unit: &'static str, doc: &'static str) -> Field {
    Field { name, ty, unit, doc }
}

/// What a column's cells hold: one value, a set (order without meaning) or a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// One value.
    One(Scalar),
    /// Values in no order.
    Set(Scalar),
    /// Values in order.
    Vector(Scalar),
}

/// The type of one value, by Zeek's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `T` or `F`.
    Bool,
    /// Unsigned 64-bit.
    Count,
    /// Signed 64-bit.
    Int,
    /// 64-bit floating point.
    Double,
    /// Seconds since the epoch.
    Time,
    /// Seconds.
    Interval,
    /// Bytes, usually text.
    String,
    /// One of a fixed set of words.
    Enum,
    /// An IP address.
    Addr,
    /// A port number.
    Port,
}

impl Type {
    /// One boolean.
    pub const BOOL: Self = Self::One(Scalar::Bool);
    /// One count.
    pub const COUNT: Self = Self::One(Scalar::Count);
    /// One signed number.
    pub const INT: Self = Self::One(Scalar::Int);
    /// One fractional number.
    pub const DOUBLE: Self = Self::One(Scalar::Double);
    /// One time.
    pub const TIME: Self = Self::One(Scalar::Time);
    /// One interval.
    pub const INTERVAL: Self = Self::One(Scalar::Interval);
    /// One string.
    pub const STRING: Self = Self::One(Scalar::String);
    /// One word of an enumeration.
    pub const ENUM: Self = Self::One(Scalar::Enum);
    /// One address.
    pub const ADDR: Self = Self::One(Scalar::Addr);
    /// One port.
    pub const PORT: Self = Self::One(Scalar::Port);
    /// A set of strings.
    pub const STRINGS_SET: Self = Self::Set(Scalar::String);
    /// A vector of strings.
    pub const STRINGS: Self = Self::Vector(Scalar::String);
}

impl Scalar {
    /// Zeek's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Count => "count",
            Self::Int => "int",
            Self::Double => "double",
            Self::Time => "time",
            Self::Interval => "interval",
            Self::String => "string",
            Self::Enum => "enum",
            Self::Addr => "addr",
            Self::Port => "port",
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(scalar) => f.write_str(scalar.name()),
            Self::Set(scalar) => write!(f, "set[{}]", scalar.name()),
            Self::Vector(scalar) => write!(f, "vector[{}]", scalar.name()),
        }
    }
}

/// The place of a column in its kind, found by name when the program is compiled: a misspelt name doesn't compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub(crate) u16);

impl Column {
    /// The place, counted from 0 over the keys and then the fields.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Kind {
    /// The column called `name`. Use it in constants only: `const QUERY: Column = KIND.column("query");`
    ///
    /// # Panics
    /// Where there is no such column, which in a constant is an error of compilation.
    pub const fn column(&self, name: &str) -> Column {
        let mut at = 0;
        while at < self.width() {
            if same(self.field(at).name, name) {
                return Column(at as u16);
            }
            at += 1;
        }
        panic!("no column of that name in this kind")
    }

    /// The column called `name`, for those who do not know the kind when they are compiled.
    pub fn find(&self, name: &str) -> Option<Column> {
        self.columns().position(|field| field.name == name).and_then(|place| u16::try_from(place).ok()).map(Column)
    }

    /// How many columns there are, keys included.
    pub const fn width(&self) -> usize {
        self.keys.len() + self.fields.len()
    }

    /// All columns in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.keys.iter().chain(self.fields)
    }

    const fn field(&self, at: usize) -> &'static Field {
        if at < self.keys.len() { &self.keys[at] } else { &self.fields[at - self.keys.len()] }
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The leading columns of every log whose rows belong to one connection.
pub const FLOW_KEYS: &[Field] = &[
    field("ts", Type::TIME, "s since 1970", "When it happened."),
    field("uid", Type::STRING, "", "The connection that it belongs to; the same id in every log."),
    field("id.orig_h", Type::ADDR, "", "Address of the side that opened the connection."),
    field("id.orig_p", Type::PORT, "", "Port of that side; for ICMP the message's type."),
    field("id.resp_h", Type::ADDR, "", "Address of the side that answered."),
    field("id.resp_p", Type::PORT, "", "Port of that side; for ICMP the message's code."),
];

/// The leading column of logs whose rows belong to no one connection.
pub const TS_KEY: &[Field] = &[field("ts", Type::TIME, "s since 1970", "When it happened.")];

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { name: "test", doc: "A test.", keys: FLOW_KEYS, fields: &[field("query", Type::STRING, "", "A name.")] };
    const QUERY: Column = KIND.column("query");

    #[test]
    fn columns_are_found_when_compiled() {
        assert_eq!(QUERY.index(), 6);
        assert_eq!(KIND.columns().nth(QUERY.index()).map(|f| f.name), Some("query"));
        assert_eq!(Type::Set(Scalar::Addr).to_string(), "set[addr]");
    }
}
