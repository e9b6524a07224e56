//! PostgreSQL's messages: a type, a length that counts itself, a body. The client's first has no type.

/// The code that asks for TLS.
pub const SSL_REQUEST: u32 = 80_877_103;
/// Version 3.0 of the protocol.
pub const VERSION_3: u32 = 3 << 16;
/// A longer startup message is none, in bytes (the server's own limit).
pub const STARTUP_BYTES_MAX: u32 = 10_000;

/// Four bytes in network order.
pub fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Texts that each end with a zero.
pub fn texts(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == 0)
}

/// The names and values of a startup message's body.
pub fn parameters(body: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut texts = texts(body);
    let mut found = Vec::new();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        if name.is_empty() {
            break;
        }
        found.push((name, value));
    }
    found
}

/// The fields of an error or a notice as text: `Severity=ERROR,Code=42P01 …`.
pub fn fields(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in texts(body) {
        let Some((code, value)) = field.split_first() else { break };
        if !out.is_empty() {
            out.push(b',');
        }
        match field_name(*code) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => out.extend([b"UnknownErrorId".as_slice(), &[*code]].concat()),
        }
        out.push(b'=');
        out.extend_from_slice(value);
    }
    out
}

/// A method of logging in, by its number.
pub fn method(number: u32) -> String {
    let known = match number {
        2 => "KerberosV5",
        3 => "CleartextPassword",
        5 => "MD5Password",
        7 => "GSSAPI",
        8 => "GSSAPIContinue",
        9 => "SSPI",
        10 => "SASL",
        11 => "SASLContinue",
        12 => "SASLFinal",
        other => return format!("UnknownAuthId{other}"),
    };
    known.to_owned()
}

const fn field_name(code: u8) -> Option<&'static str> {
    Some(match code {
        b'S' => "SeverityLocalized",
        b'V' => "Severity",
        b'C' => "Code",
        b'M' => "Message",
        b'D' => "Detail",
        b'H' => "Hint",
        b'P' => "Position",
        b'p' => "InternalPosition",
        b'q' => "InternalQuery",
        b'W' => "Where",
        b's' => "Schema",
        b't' => "Table",
        b'c' => "Column",
        b'd' => "Data",
        b'n' => "Constraint",
        b'F' => "File",
        b'L' => "Line",
        b'R' => "Routine",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let body = b"user\0bob\0database\0db\0\0";
        assert_eq!(parameters(body), [(b"user".as_slice(), b"bob".as_slice()), (b"database", b"db")]);
        assert_eq!(fields(b"SERROR\0C42P01\0?x\0\0"), b"SeverityLocalized=ERROR,Code=42P01,UnknownErrorId?=x");
        assert_eq!((method(10), method(99)), ("SASL".to_owned(), "UnknownAuthId99".to_owned()));
    }
}
