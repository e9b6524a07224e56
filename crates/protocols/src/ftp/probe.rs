//! Whether a flow on any port is FTP: a line of the client's begins with `USER`, the server's first line greets (120 or
//! 220) and a later one begins with 230 or 331. That is as strict as Zeek's signatures.

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

/// `USER ` begins a line.
fn client(head: &[u8]) -> Verdict {
    let head = &head[..head.len().min(LOOK_BYTES)];
    let begins = |line: &[u8]| line.len() >= 5 && line[..4].eq_ignore_ascii_case(b"USER") && line[4] == b' ';
    if begins(head.trim_ascii_start_matches(b' ')) || lines_behind(head).any(begins) {
        return Verdict::Yes;
    }
    // Only text can still become FTP: everything else is let go at once.
    let text = head.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0x80..));
    if text { undecided(head) } else { Verdict::No }
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
    let answers = |line: &[u8]| matches!(line, [b'2', b'3', b'0', after, ..] | [b'3', b'3', b'1', after, ..] if !after.is_ascii_digit());
    if lines_behind(&greeting[4..]).any(answers) { Verdict::Yes } else { undecided(head) }
}

/// What follows each line end, behind the blanks.
fn lines_behind(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
    ends.map(|(at, _)| text[at + 1..].trim_ascii_start_matches(b' '))
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
        check(b"EHLO x\r\nMAIL FROM:<a>\r\n", b"220 hi\r\n250 x\r\n", Verdict::Unsure);
        check(b"SYST\r\n\nUSER a", b"220-hi\r\n220-you\r\n220 .\r\n331 x", Verdict::Yes);
        check(&[b'x'; 2000], b"220 hi\r\n", Verdict::No);
        check(b"USER a\r\n", b"+OK hi\r\n", Verdict::No);
        check(b"\x16\x03\x01", b"", Verdict::No);
        check(b"USER a\r\n", b"2201 hi\r\n331 x", Verdict::No);
    }
}
