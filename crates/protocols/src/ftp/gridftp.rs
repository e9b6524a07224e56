//! GridFTP's login: a TLS handshake inside `ADAT` commands and replies, in base 64 (RFC 2228 section 3, GSSAPI with the
//! mechanism GSI). The TLS records are taken out and read by the `ssl` protocol.

use contract::{Analyzer, Chunk, Emit, Expectation, FileAbout, FileId, FlowInfo, Inner, Next, Side};
use model::{Addr, Event, Timestamp, Value};

/// A handshake that is being exchanged.
pub(super) struct Adat {
    tls: Box<dyn Analyzer>,
    first: bool,
    done: bool,
}

impl Adat {
    /// Begins behind the server's consent to `AUTH GSSAPI`; `None` where nothing here reads TLS.
    pub(super) fn new(flow: &FlowInfo) -> Option<Self> {
        let ssl = crate::CATALOGUE.iter().find(|protocol| protocol.name() == "ssl")?;
        Some(Self { tls: ssl.open(flow), first: true, done: false })
    }

    /// Reads a line of either side.
    pub(super) fn line(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) {
        if self.done {
            return;
        }
        let (token, done) = if side.is_orig() { self.command(line, out) } else { reply(line) };
        if let Some(token) = token {
            let mut watch = Watch { inner: out, established: false };
            let read = self.tls.feed(at, side, Chunk::Data(&token), &mut watch);
            let established = watch.established;
            if established {
                out.confirm("gridftp");
            }
            self.done |= !matches!(read, Ok(Next::Continue));
        }
        self.done |= done;
    }

    /// The flow is over.
    pub(super) fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        let mut watch = Watch { inner: out, established: false };
        self.tls.close(at, &mut watch);
        if watch.established {
            out.confirm("gridftp");
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.tls.held_bytes()
    }

    /// The token in a client's line, and whether nothing more is to be read.
    fn command(&mut self, line: &[u8], out: &mut dyn Emit) -> (Option<Vec<u8>>, bool) {
        let line = line.trim_ascii_start();
        let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        match &line[..end] {
            b"ADAT" => {
                let token = base64(line[end..].trim_ascii());
                if !std::mem::take(&mut self.first) {
                    return (token, false);
                }
                if token.is_none() {
                    out.weird("ftp_adat_bad_first_token_encoding", "", "FTP_ADAT");
                }
                // GSI leaves out the framing of RFC 2743: a TLS record must stand there itself.
                let is_tls = token.as_deref().is_some_and(|token| matches!(token, [0x16, _, _, high, low, rest @ ..] if rest.len() == usize::from(u16::from_be_bytes([*high, *low]))));
                if is_tls { (token, false) } else { (None, true) }
            }
            b"AUTH" => (None, true),
            _ => (None, false),
        }
    }
}

/// The token in a server's line, and whether nothing more is to be read.
fn reply(line: &[u8]) -> (Option<Vec<u8>>, bool) {
    let (Some(code), Some(rest)) = (line.get(..3), line.get(3..)) else { return (None, false) };
    let token = || base64(rest.strip_prefix(b"-").unwrap_or(rest).trim_ascii().strip_prefix(b"ADAT=")?);
    match code {
        b"235" => (token(), true),
        b"334" | b"335" => (token(), false),
        b"232" | b"234" | b"421" | b"431" | b"500" | b"501" | b"503" | b"535" | b"631" | b"632" | b"633" => (None, true),
        _ => (None, false),
    }
}

/// RFC 4648 section 4; `None` for anything else.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut out = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

/// Passes everything on, and notices a TLS session that was established.
struct Watch<'a> {
    inner: &'a mut dyn Emit,
    established: bool,
}

impl Emit for Watch<'_> {
    fn flow(&self) -> &FlowInfo {
        self.inner.flow()
    }
    fn event(&mut self, event: Event) {
        if event.kind().name == "ssl"
            && let Some(place) = event.kind().columns().position(|field| field.name == "established")
        {
            self.established |= event.cells().get(place) == Some(&Value::Bool(true));
        }
        self.inner.event(event);
    }
    fn confirm(&mut self, service: &'static str) {
        self.inner.confirm(service);
    }
    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str) {
        self.inner.weird(name, addl, source);
    }
    fn inspect(&mut self, buffer: &'static str, bytes: &[u8]) {
        self.inner.inspect(buffer, bytes);
    }
    fn file_open(&mut self, about: &FileAbout<'_>) -> FileId {
        self.inner.file_open(about)
    }
    fn file_data(&mut self, at: Timestamp, file: FileId, data: &[u8]) {
        self.inner.file_data(at, file, data);
    }
    fn file_data_at(&mut self, at: Timestamp, file: FileId, offset: u64, data: &[u8]) {
        self.inner.file_data_at(at, file, offset, data);
    }
    fn file_gap(&mut self, at: Timestamp, file: FileId, bytes: u64) {
        self.inner.file_gap(at, file, bytes);
    }
    fn file_total(&mut self, file: FileId, bytes: u64) {
        self.inner.file_total(file, bytes);
    }
    fn file_end(&mut self, at: Timestamp, file: FileId) -> Option<&'static str> {
        self.inner.file_end(at, file)
    }
    fn file_mime(&self, file: FileId) -> Option<&'static str> {
        self.inner.file_mime(file)
    }
    fn expect(&mut self, expectation: Expectation) {
        self.inner.expect(expectation);
    }
    fn fetched(&self, resp: (Addr, u16)) -> Option<(FileId, Option<&'static str>)> {
        self.inner.fetched(resp)
    }
    fn packet(&mut self, at: Timestamp, inner: Inner<'_>) {
        self.inner.packet(at, inner);
    }
    fn flip(&mut self) {
        self.inner.flip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        assert_eq!(base64(b"FgMBAAE="), Some(vec![0x16, 3, 1, 0, 1]));
        assert_eq!(base64(b"*"), None);
        assert_eq!(reply(b"335 ADAT=FgM="), (Some(vec![0x16, 3]), false));
        assert_eq!(reply(b"235 GSSAPI Authentication successful."), (None, true));
        assert_eq!(reply(b"33"), (None, false));
    }
}
