//! Whether a flow on any port is IRC: the client gives `USER` and `NICK` and the server answers with a number, or both
//! sides introduce themselves as servers. That is as strict as Zeek's signatures.

use contract::{Heads, Verdict};

/// So far the probe looks on each side, in bytes.
const LOOK_BYTES: usize = 1024;

/// How the streams begin that are text, too, and common: no client and no server of IRC begins so, and looking at them
/// further would cost.
const OTHERS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"CONNECT ",
    b"OPTIONS ",
    b"HTTP/",
    b"SSH-",
    b"EHLO ",
    b"HELO ",
    b"220",
    b"+OK",
    b"* OK",
    b"RFB ",
];

pub(super) fn probe(heads: &Heads<'_>) -> Verdict {
    let (orig, resp) = (look(heads.orig), look(heads.resp));
    if OTHERS.iter().any(|other| orig.starts_with(other) || resp.starts_with(other)) {
        return Verdict::No;
    }
    let client_first = Both { client: orig, server: resp };
    if client_first.is_session() || (is_server_link(orig) && is_server_link(resp)) {
        return Verdict::Yes;
    }
    // Only text can still become IRC, and only while there is room to look at.
    let hopeless = !is_text(orig) || !is_text(resp) || (heads.orig.len() >= LOOK_BYTES && heads.resp.len() >= LOOK_BYTES);
    if hopeless { Verdict::No } else { Verdict::Unsure }
}

struct Both<'a> {
    client: &'a [u8],
    server: &'a [u8],
}

impl Both<'_> {
    fn is_session(&self) -> bool {
        let place = |name: &[u8]| starts(self.client).find(|at| has_word(&self.client[*at..], name));
        let (Some(user), Some(nick)) = (place(b"USER"), place(b"NICK")) else { return false };
        let ended = self.client[user.max(nick)..].iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        ended && starts(self.server).any(|at| is_reply(&self.server[at..]))
    }
}

fn look(head: &[u8]) -> &[u8] {
    &head[..head.len().min(LOOK_BYTES)]
}

fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| !matches!(byte, 0 | 4..=8 | 14..=21 | 23..=28))
}

/// Where lines begin, behind the blanks before them.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let begins = std::iter::once(0).chain(text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n')).map(|(at, _)| at + 1));
    begins.map(|at| at + text[at..].iter().take_while(|byte| **byte == b' ').count())
}

/// Whether a line begins with this word, and a blank and something more behind it.
fn has_word(line: &[u8], word: &[u8]) -> bool {
    line.len() > word.len() + 1 && line[..word.len()].eq_ignore_ascii_case(word) && line[word.len()] == b' '
}

/// Whether a line is a server's reply with a number.
fn is_reply(line: &[u8]) -> bool {
    let rest = match line.split_first() {
        Some((b':', rest)) => match rest.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')) {
            Some(end) if end > 0 && rest[end] == b' ' => &rest[end + 1..],
            _ => return false,
        },
        _ => line,
    };
    matches!(rest, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', ..])
}

/// Whether a line is `SERVER name hops :information`.
fn is_server_link(text: &[u8]) -> bool {
    starts(text).any(|at| {
        let line = &text[at..];
        let Some(end) = line.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else { return false };
        let words = super::codec::words(&line[..end]);
        let [command, _, hops, info, ..] = &words[..] else { return false };
        command.eq_ignore_ascii_case(b"SERVER") && hops.iter().all(u8::is_ascii_digit) && info.starts_with(b":")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Transport;

    fn check(orig: &[u8], resp: &[u8], expected: Verdict) {
        let heads = Heads { transport: Transport::Tcp, orig, resp, orig_port: 4000, resp_port: 8000 };
        assert_eq!(probe(&heads), expected, "{} / {}", String::from_utf8_lossy(orig), String::from_utf8_lossy(resp));
    }

    #[test]
    fn both_sides_must_speak_it() {
        check(b"USER a b c :d\r\nNICK x\r\n", b":srv NOTICE * :hi\r\n:srv 001 x :welcome\r\n", Verdict::Yes);
        check(b"PASS x\nnick x\nuser a 0 0 :d\n", b"001 x :welcome\n", Verdict::Yes);
        check(b"USER a b c :d\r\nNICK x", b":srv 001 x\r\n", Verdict::Unsure);
        check(b"USER a\r\nPASS x\r\n", b"220 hi\r\n331 password\r\n", Verdict::No);
        check(b"\x16\x03\x01\x00", b"", Verdict::No);
        check(b"GET / HTTP/1.1\r\n", b"", Verdict::No);
        check(b"", b"SSH-2.0-x\r\n", Verdict::No);
        check(b"SERVER a.b 1 :x\r\n", b"SERVER c.d 1 :y\r\n", Verdict::Yes);
        check(&[b'x'; 2000], &[b'y'; 2000], Verdict::No);
    }
}
