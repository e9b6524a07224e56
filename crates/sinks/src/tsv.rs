//! Zeek's tab-separated form: a header that names and types the columns, then one line per row.
//!
//! Source: the logs that Zeek writes by default, so that `zeek-cut` and every other reader of them works.

use crate::number::{write_addr, write_double, write_int, write_seconds};
use crate::stamp::write_stamp;
use crate::text::{write_escaped, write_hex};
use model::{Event, Kind, Timestamp, Value};
use std::io::Write as _;

const UNSET: &[u8] = b"-";
const EMPTY: &[u8] = b"(empty)";

/// Appends the eight header lines; `open` is the time of the log's first row.
pub fn write_header(out: &mut Vec<u8>, kind: &Kind, open: Timestamp) {
    out.extend_from_slice(b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t");
    out.extend_from_slice(kind.name.as_bytes());
    out.extend_from_slice(b"\n#open\t");
    write_stamp(out, open);
    out.extend_from_slice(b"\n#fields");
    for field in kind.columns() {
        out.push(b'\t');
        out.extend_from_slice(field.name.as_bytes());
    }
    out.extend_from_slice(b"\n#types");
    for field in kind.columns() {
        // Writing to a Vec cannot fail.
        let _ = write!(out, "\t{}", field.ty);
    }
    out.push(b'\n');
}

/// Appends the last line; `close` is the time of the capture's last packet.
pub(crate) fn write_footer(out: &mut Vec<u8>, close: Timestamp) {
    out.extend_from_slice(b"#close\t");
    write_stamp(out, close);
    out.push(b'\n');
}

/// Appends one row.
pub fn write_tsv_row(out: &mut Vec<u8>, event: &Event) {
    let start = out.len();
    for (at, cell) in event.cells().iter().enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        write_tsv_value(out, cell);
    }
    // A row that began like a header line would be read as one.
    if out.get(start) == Some(&b'#') {
        out.splice(start..=start, *b"\\x23");
    }
    out.push(b'\n');
}

/// Appends one cell.
pub fn write_tsv_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::List(items) if items.is_empty() => out.extend_from_slice(EMPTY),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_scalar(out, item, true);
            }
        }
        value => write_scalar(out, value, false),
    }
}

fn write_scalar(out: &mut Vec<u8>, value: &Value, in_set: bool) {
    match value {
        Value::Unset => out.extend_from_slice(UNSET),
        Value::Bool(yes) => out.push(if *yes { b'T' } else { b'F' }),
        Value::Count(n) => write_int(out, *n),
        Value::Int(n) => write_int(out, *n),
        Value::Double(n) => write_double(out, *n),
        Value::Time(at) => write_seconds(out, at.nanos()),
        Value::Interval(length) => write_seconds(out, length.nanos()),
        Value::Addr(addr) => write_addr(out, *addr),
        Value::Port(port) => write_int(out, *port),
        Value::Bytes(bytes) => write_text(out, bytes, in_set),
        Value::Static(text) => write_text(out, text.as_bytes(), in_set),
        Value::Uid(uid) => out.extend_from_slice(uid.text(&mut [0; 18])),
        // A list in a list does not occur in any kind; it is shown rather than lost.
        Value::List(items) => items.iter().for_each(|item| write_scalar(out, item, in_set)),
    }
}

/// Text, and the three texts that would be read as something else: none, `-` and `(empty)`.
fn write_text(out: &mut Vec<u8>, bytes: &[u8], in_set: bool) {
    if bytes.is_empty() {
        out.extend_from_slice(EMPTY);
    } else if bytes == UNSET || bytes == EMPTY {
        write_hex(out, bytes[0]);
        out.extend_from_slice(&bytes[1..]);
    } else {
        write_escaped(out, bytes, in_set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addr, Interval, Uid, kinds};

    fn cell(value: impl Into<Value>) -> String {
        let mut out = Vec::new();
        write_tsv_value(&mut out, &value.into());
        String::from_utf8(out).expect("logs are UTF-8")
    }

    #[test]
    fn reserved_cells_are_told_apart() {
        assert_eq!(cell(Value::Unset), "-");
        assert_eq!(cell("-"), "\\x2d");
        assert_eq!(cell(""), "(empty)");
        assert_eq!(cell("(empty)"), "\\x28empty)");
        assert_eq!(cell(Value::list(Vec::<&'static str>::new())), "(empty)");
        assert_eq!(cell(Value::list([""])), "(empty)");
    }

    #[test]
    fn cells_print_by_their_type() {
        assert_eq!(cell(true), "T");
        assert_eq!(cell(7u64), "7");
        assert_eq!(cell(-7i64), "-7");
        assert_eq!(cell(Value::Port(53)), "53");
        assert_eq!(cell(Interval::from_millis(1500)), "1.500000");
        assert_eq!(cell(Addr::v4([10, 0, 0, 1])), "10.0.0.1");
        assert_eq!(cell(Value::list(["a,b", "-", "c"])), "a\\x2cb,\\x2d,c");
        let uid = Uid::connection(&[b"x"]);
        assert_eq!(cell(uid), uid.to_string());
    }

    #[test]
    fn the_header_is_zeeks() {
        let mut out = Vec::new();
        write_header(&mut out, &kinds::weird::KIND, Timestamp::from_secs(1_602_536_538));
        let text = String::from_utf8(out).expect("headers are ASCII");
        assert_eq!(
            text,
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tweird\n#open\t2020-10-12-21-02-18\n\
             #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tname\taddl\tnotice\tpeer\tsource\n\
             #types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\tbool\tstring\tstring\n"
        );
    }
}
