//! JSON lines as Zeek writes them: one object per row, keys in column order, unset cells left out.
//!
//! Times are seconds since the epoch as numbers. Bytes that are no UTF-8 come as the four characters `\xHH`. Times and
//! intervals carry at most six decimals, where Zeek prints every digit of its floating point.

use crate::number::{write_addr, write_double_json, write_int, write_seconds_short};
use crate::text::write_stretch;
use model::{Event, Value};

/// Appends one row and its newline.
pub fn write_json_row(out: &mut Vec<u8>, event: &Event) {
    out.push(b'{');
    let mut first = true;
    for (field, cell) in event.kind().columns().zip(event.cells()) {
        if cell.is_unset() {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        write_value(out, cell);
    }
    out.extend_from_slice(b"}\n");
}

/// Appends bytes as a JSON string, quotes included; never a control character, always UTF-8.
pub fn write_json_text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    if bytes.iter().all(|byte| matches!(byte, 0x20..0x7f) && !matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(bytes);
    } else {
        let mut shown = Vec::with_capacity(bytes.len() + 16);
        write_stretch(&mut shown, bytes, false);
        shown.iter().for_each(|&byte| write_quoted(out, byte));
    }
    out.push(b'"');
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Unset => out.extend_from_slice(b"null"),
        Value::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Value::Count(n) => write_int(out, *n),
        Value::Int(n) => write_int(out, *n),
        Value::Double(n) => write_double_json(out, *n),
        Value::Time(at) => write_seconds_short(out, at.nanos()),
        Value::Interval(length) => write_seconds_short(out, length.nanos()),
        Value::Addr(addr) => {
            out.push(b'"');
            write_addr(out, *addr);
            out.push(b'"');
        }
        Value::Port(port) => write_int(out, *port),
        Value::Bytes(bytes) => write_json_text(out, bytes),
        Value::Static(text) => write_json_text(out, text.as_bytes()),
        Value::Uid(uid) => write_json_text(out, uid.text(&mut [0; 18])),
        Value::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(out, item);
            }
            out.push(b']');
        }
    }
}

/// One byte of a string that is UTF-8 already (RFC 8259 section 7).
fn write_quoted(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0..0x20 | 0x7f => {
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        _ => out.push(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addr, Timestamp, Uid, kinds::weird};

    #[test]
    fn a_row_is_one_object_without_what_is_unset() {
        let uid = Uid::connection(&[b"x"]);
        let event = Event::of_flow(
            &weird::KIND,
            Timestamp::from_nanos(1_500_000_000),
            uid,
            (Addr::v4([10, 0, 0, 1]), 1),
            (Addr::v4([10, 0, 0, 2]), 2),
        )
        .with(weird::NAME, &b"a\"\\\x01\xff\n"[..])
        .with(weird::NOTICE, false)
        .with(weird::PEER, Value::list(["zeek"]));
        let mut out = Vec::new();
        write_json_row(&mut out, &event);
        assert_eq!(
            String::from_utf8(out).expect("JSON is UTF-8"),
            format!(
                "{{\"ts\":1.5,\"uid\":\"{uid}\",\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":1,\"id.resp_h\":\"10.0.0.2\",\"id.resp_p\":2,\
                 \"name\":\"a\\\"\\\\\\u0001\\\\xff\\n\",\"notice\":false,\"peer\":[\"zeek\"]}}\n"
            )
        );
    }
}
