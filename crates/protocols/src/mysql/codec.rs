//! MySQL's packets (codec).
//!
//! ```text
//! int<3> payload_length (little endian), int<1> sequence_id, payload
//! ```
//!
//! Source: MySQL's documentation of its client/server protocol.

use model::Value;

/// Capability: the client wants TLS from here on.
pub(super) const CLIENT_SSL: u32 = 0x0000_0800;
/// Capability: more authentication may follow.
pub(super) const CLIENT_PLUGIN_AUTH: u32 = 0x0008_0000;
/// Capability: results end with an OK instead of an EOF.
pub(super) const CLIENT_DEPRECATE_EOF: u32 = 0x0100_0000;
/// Capability: queries carry attributes.
pub(super) const CLIENT_QUERY_ATTRIBUTES: u32 = 0x0800_0000;

/// Commands by their numbers, in Zeek's words.
static COMMANDS: [&str; 32] = [
    "sleep",
    "quit",
    "init_db",
    "query",
    "field_list",
    "create_db",
    "drop_db",
    "refresh",
    "shutdown",
    "statistics",
    "process_info",
    "connect",
    "process_kill",
    "debug",
    "ping",
    "time",
    "delayed_insert",
    "change_user",
    "binlog_dump",
    "table_dump",
    "connect_out",
    "register_slave",
    "statement_prepare",
    "statement_execute",
    "statement_send_long_data",
    "statement_close",
    "statement_reset",
    "set_option",
    "statement_fetch",
    "daemon",
    "binlog_dump_gtid",
    "reset_connection",
];

/// A command's name.
pub(super) fn command(number: u8) -> Value {
    COMMANDS.get(usize::from(number)).map_or_else(|| Value::from(format!("unknown-{number}")), |&name| Value::Static(name))
}

/// Reads little-endian numbers and strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// Up to a NUL, which is gone over.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// A number in one byte, or behind a mark of its size.
    pub(super) fn packed(&mut self) -> Option<u64> {
        match self.number(1)? {
            0xfb | 0xff => Some(0),
            0xfc => self.number(2),
            0xfd => self.number(3),
            0xfe => self.number(8),
            small => Some(small),
        }
    }

    fn packed_text(&mut self) -> Option<&'a [u8]> {
        let length = self.packed()?;
        self.take(usize::try_from(length).ok()?)
    }
}

/// What a server says first: its protocol's version, and its capabilities.
pub(super) fn greeting(payload: &[u8]) -> Option<(u8, u32)> {
    let mut fields = Fields(payload);
    let version = fields.number(1)? as u8;
    if version != 10 {
        return Some((version, 0));
    }
    fields.text()?;
    fields.take(4 + 8 + 1)?;
    let low = fields.number(2)?;
    let high = fields.take(3).and_then(|_| fields.number(2)).unwrap_or(0);
    Some((version, (low | high << 16) as u32))
}

/// A client's answer: its capabilities, and its user unless TLS comes first.
pub(super) fn login(payload: &[u8], version: u8) -> Option<(u32, Option<&[u8]>)> {
    let mut fields = Fields(payload);
    if version == 9 {
        fields.take(2 + 3)?;
        return Some((0, Some(fields.text()?)));
    }
    let capabilities = fields.number(4)? as u32;
    fields.take(4 + 1 + 23)?;
    let user = if capabilities & CLIENT_SSL == 0 { Some(fields.text()?) } else { None };
    Some((capabilities, user))
}

/// The statement of a query behind its attributes.
pub(super) fn statement(payload: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields(payload);
    let count = usize::try_from(fields.packed()?).ok()?;
    fields.packed()?;
    if count == 0 {
        return Some(fields.0);
    }
    let nulls = fields.take(count.div_ceil(8))?;
    fields.number(1)?;
    let mut types = Vec::new();
    for _ in 0..count {
        types.push(fields.number(2)? as u8);
        fields.packed_text()?;
    }
    for (place, kind) in types.into_iter().enumerate() {
        if nulls[place / 8] >> (place % 8) & 1 == 0 {
            value(&mut fields, kind)?;
        }
    }
    Some(fields.0)
}

/// Whether a packet describes a column: six texts, then numbers of fixed size.
pub(super) fn is_column(payload: &[u8]) -> bool {
    const NUMBERS: usize = 2 + 4 + 1 + 2 + 1 + 2;
    let mut fields = Fields(payload);
    let texts = (0..6).all(|_| fields.packed_text().is_some());
    texts && fields.packed().is_some() && fields.take(NUMBERS).is_some()
}

/// Whether a packet holds so many values of a row.
pub(super) fn is_row(payload: &[u8], columns: u64) -> bool {
    let mut fields = Fields(payload);
    // Each value takes a byte at least, so that this ends.
    (0..columns).all(|_| fields.packed_text().is_some())
}

/// Goes over a value in binary form.
fn value(fields: &mut Fields<'_>, kind: u8) -> Option<()> {
    let bytes = match kind {
        6 => 0,
        1 => 1,
        2 | 13 => 2,
        3 | 4 | 9 => 4,
        5 | 8 => 8,
        7 | 10..=12 => fields.number(1)? as usize,
        _ => return fields.packed_text().map(drop),
    };
    fields.take(bytes).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_with_attributes() {
        assert_eq!(statement(b"\x00\x01select 1"), Some(&b"select 1"[..]));
        assert_eq!(statement(b"\x01\x01\x00\x01\xfe\x00\x01a\x02xyselect 1"), Some(&b"select 1"[..]));
        assert_eq!(statement(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), None);
    }

    #[test]
    fn columns_and_rows() {
        let column = b"\x03def\0\0\0\x011\0\x0c?\0\x01\0\0\0\x08\x81\0\0\0\0";
        assert!(is_column(column) && !is_column(&column[..20]));
        assert!(is_row(b"\x011\xfb", 2) && !is_row(b"\x011", 2) && !is_row(b"\x021", 1));
    }

    #[test]
    fn names() {
        assert_eq!(command(3), Value::Static("query"));
        assert_eq!(command(99), Value::from("unknown-99".to_owned()));
    }
}
