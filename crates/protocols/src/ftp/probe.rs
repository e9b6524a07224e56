//! Whether a flow on any port is FTP: the client's first or second line is `USER`, and the server's first line greets
//! (120 or 220) and one of the next begins with 230 or 331. That is as strict as Zeek's signatures.

use contract::{Heads, Verdict};

/// So far the probe looks on each side, in bytes.
const LOOK_BYTES: usize = 1024;

pub(super) fn probe(heads: &Heads<'_>) -> Verdict {
    client(heads.orig).and(server(heads.resp))
}

trait Both {
    fn and(self, other: Self) -> Self;
}

impl Both for Verdict {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unsure,
        }
    }
}

const fn undecided(seen: &[u8]) -> Verdict {
    if seen.len() < LOOK_BYTES { Verdict::Unsure } else { Verdict::No }
}

/// `USER ` begins the first line, or the second.
fn client(head: &[u8]) -> Verdict {
    let head = &head[..head.len().min(LOOK_BYTES)];
    // A CR ends a line as well, but a line with its CRLF is one: so a few starts are tried.
    let mut starts = vec![0];
    let first_line = head.iter().position(|byte| *byte == b'\n').unwrap_or(head.len());
    starts.extend(head.iter().take(first_line + 1).enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n')).map(|(at, _)| at + 1));
    for start in starts {
        let line = head[start..].trim_ascii_start_matches(b' ');
        if line.len() >= 5 && line[..4].eq_ignore_ascii_case(b"USER") && line[4] == b' ' {
            return Verdict::Yes;
        }
    }
    // Only text can still become FTP: everything else is let go at once.
    let text = head.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0x80..));
    let lines = head.iter().filter(|byte| **byte == b'\n').count();
    if !text || lines > 1 { Verdict::No } else { undecided(head) }
}

/// A greeting, then the answer to `USER`.
fn server(head: &[u8]) -> Verdict {
    let head = &head[..head.len().min(LOOK_BYTES)];
    let blank = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count();
    let greeting = &head[blank..];
    let code = &greeting[..greeting.len().min(3)];
    if ![b"120".as_slice(), b"220"].iter().any(|known| known.starts_with(code)) {
        return Verdict::No;
    }
    if greeting.len() < 4 {
        return undecided(head);
    }
    if greeting[3].is_ascii_digit() {
        return Verdict::No;
    }
    // The code may stand behind any line end up to the first LF, with blanks before it.
    let body = &greeting[4..];
    let first_lf = body.iter().position(|byte| *byte == b'\n').unwrap_or(body.len());
    let ends = body.iter().take(first_lf + 1).enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
    for (at, _) in ends {
        let line = body[at + 1..].trim_ascii_start_matches(b' ');
        if let [a, b, c, d, ..] = line
            && matches!(&[*a, *b, *c], b"230" | b"331")
            && !d.is_ascii_digit()
        {
            return Verdict::Yes;
        }
    }
    let after = body.get(first_lf + 1..).unwrap_or_default();
    if after.contains(&b'\n') { Verdict::No } else { undecided(head) }
}

trait TrimStart {
    fn trim_ascii_start_matches(&self, byte: u8) -> &Self;
}

impl TrimStart for [u8] {
    fn trim_ascii_start_matches(&self, byte: u8) -> &Self {
        &self[self.iter().take_while(|seen| **seen == byte).count()..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Transport;

    fn check(orig: &[u8], resp: &[u8], expected: Verdict) {
        let heads = Heads { transport: Transport::Tcp, orig, resp, orig_port: 4000, resp_port: 5000 };
        assert_eq!(probe(&heads), expected, "{} / {}", String::from_utf8_lossy(orig), String::from_utf8_lossy(resp));
    }

    #[test]
    fn both_sides_must_speak_it() {
        check(b"USER a\r\n", b"220 hi\r\n331 password\r\n", Verdict::Yes);
        check(b"AUTH TLS\r\nuser a\r\n", b"220-hi\r\n230 in\r\n", Verdict::Yes);
        check(b"", b"220 hi\r\n", Verdict::Unsure);
        check(b"USER a\r\n", b"220 hi\r\n", Verdict::Unsure);
        check(b"EHLO x\r\nMAIL FROM:<a>\r\n", b"220 hi\r\n250 x\r\n", Verdict::No);
        check(b"USER a\r\n", b"+OK hi\r\n", Verdict::No);
        check(b"\x16\x03\x01", b"", Verdict::No);
        check(b"USER a\r\n", b"2201 hi\r\n331 x", Verdict::No);
    }
}
