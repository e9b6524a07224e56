//! One entity of a message: its header block, and the decoding of its body (RFC 2045, RFC 2046).

use super::base64::{Base64, QuotedPrintable, quoted_printable};
use super::token;

/// The longest header in bytes, its folded lines together: what comes beyond is left out (Zeek's `MIME::max_header_bytes`).
pub const HEADER_BYTES_MAX: usize = 32 * 1024;

/// How deep entities may nest (Zeek's `MIME::max_depth`).
pub const DEPTH_MAX: usize = 100;

/// What an entity's body is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Data.
    #[default]
    Leaf,
    /// Entities between boundaries.
    Multipart(Box<[u8]>),
    /// Another message.
    Message,
}

#[derive(Clone, Debug)]
enum Transfer {
    Plain,
    QuotedPrintable(QuotedPrintable),
    Base64(Base64),
}

/// A complete header, as far as the entity itself is concerned with it.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The name, as it stands.
    pub name: &'a [u8],
    /// The value without leading blanks.
    pub value: &'a [u8],
    /// How many lines it was folded over.
    pub lines: u32,
}

impl Header<'_> {
    /// Whether this is the header `name`, given in lower case.
    pub const fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// What a line within a multipart body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Part of what lies between.
    None,
    /// The beginning of the next part.
    Next,
    /// The end of the last part.
    Last,
}

/// The state of one entity.
#[derive(Debug)]
pub struct Part {
    /// Whether its header block is being read.
    pub in_header: bool,
    /// Whether it has ended.
    pub ended: bool,
    /// How deep it lies; 0 for the message itself.
    pub depth: usize,
    /// What its body is made of.
    pub content: Content,
    transfer: Transfer,
    /// Whether the parent is a multipart entity: its last line break belongs to the boundary.
    in_multipart: bool,
    break_owed: bool,
    header: Vec<u8>,
    header_lines: u32,
    decoded: Vec<u8>,
}

impl Part {
    /// The entity within `parent`, or the message itself.
    pub fn new(parent: Option<&Self>) -> Self {
        Self {
            in_header: true,
            ended: false,
            depth: parent.map_or(0, |parent| parent.depth + 1),
            content: Content::Leaf,
            transfer: parent.map_or(Transfer::Plain, |parent| match &parent.transfer {
                Transfer::Plain => Transfer::Plain,
                Transfer::Base64(_) => Transfer::Base64(Base64::default()),
                Transfer::QuotedPrintable(_) => Transfer::QuotedPrintable(QuotedPrintable::default()),
            }),
            in_multipart: parent.is_some_and(|parent| matches!(parent.content, Content::Multipart(_))),
            break_owed: false,
            header: Vec::new(),
            header_lines: 0,
            decoded: Vec::new(),
        }
    }

    /// Begins anew, keeping buffers: for the next message of a stream.
    pub fn reset(&mut self) {
        let (mut header, mut decoded) = (std::mem::take(&mut self.header), std::mem::take(&mut self.decoded));
        header.clear();
        decoded.clear();
        *self = Self { header, decoded, ..Self::new(None) };
    }

    /// Whether this is a part of a multipart entity.
    pub const fn in_multipart(&self) -> bool {
        self.in_multipart
    }

    /// Whether its body holds other entities.
    pub const fn holds_parts(&self) -> bool {
        !matches!(self.content, Content::Leaf)
    }

    /// Whether bytes of its body go through as they are.
    pub const fn is_plain(&self) -> bool {
        matches!(self.transfer, Transfer::Plain)
    }

    /// Whether a header is waiting for its continuation lines.
    pub const fn header_waits(&self) -> bool {
        self.header_lines > 0
    }

    /// Keeps a header line until it is known to be complete.
    pub fn hold_header(&mut self, line: &[u8]) {
        self.header.clear();
        self.header.extend_from_slice(line);
        self.header_lines = 1;
    }

    /// Adds a continuation line. Returns false where the header is too long already.
    pub fn fold_header(&mut self, line: &[u8]) -> bool {
        if self.header.len() >= HEADER_BYTES_MAX {
            return false;
        }
        let room = HEADER_BYTES_MAX - self.header.len();
        self.header.extend_from_slice(&line[..line.len().min(room)]);
        self.header_lines += 1;
        true
    }

    /// Takes the header that was kept, with the number of its lines.
    pub fn take_header(&mut self) -> Option<(Vec<u8>, u32)> {
        (self.header_lines > 0).then(|| (std::mem::take(&mut self.header), std::mem::take(&mut self.header_lines)))
    }

    /// Gives the buffer of [`Part::take_header`] back.
    pub fn recycle_header(&mut self, mut header: Vec<u8>) {
        header.clear();
        self.header = header;
    }

    /// Learns from a header how the body is made.
    pub fn learn(&mut self, header: &Header<'_>) {
        if header.is(b"content-type") {
            self.learn_type(header.value);
        } else if header.is(b"content-transfer-encoding")
            && let Some((encoding, _)) = token::token(header.value)
        {
            self.transfer = if encoding.eq_ignore_ascii_case(b"base64") {
                Transfer::Base64(Base64::default())
            } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
                Transfer::QuotedPrintable(QuotedPrintable::default())
            } else {
                Transfer::Plain
            };
        }
    }

    fn learn_type(&mut self, value: &[u8]) {
        let Some((kind, _, rest)) = token::media_type(value) else {
            return;
        };
        self.content = if kind.eq_ignore_ascii_case(b"multipart") {
            token::boundary(rest).map_or(Content::Leaf, Content::Multipart)
        } else if kind.eq_ignore_ascii_case(b"message") {
            Content::Message
        } else {
            Content::Leaf
        };
    }

    /// What a line of a multipart body is.
    pub fn boundary(&self, line: &[u8]) -> Boundary {
        let Content::Multipart(boundary) = &self.content else {
            return Boundary::None;
        };
        match line.strip_prefix(b"--").and_then(|line| line.strip_prefix(&**boundary)) {
            None => Boundary::None,
            Some(rest) if rest.starts_with(b"--") => Boundary::Last,
            Some(_) => Boundary::Next,
        }
    }

    /// Decodes body data, a line where `line` says so, and hands over what comes out.
    pub fn decode(&mut self, data: &[u8], line: bool, sink: &mut dyn FnMut(&[u8])) {
        let Self { transfer, decoded, .. } = self;
        match transfer {
            Transfer::Plain => return self.decode_plain(data, line, sink),
            Transfer::QuotedPrintable(_) => quoted_printable(data, decoded),
            Transfer::Base64(decoder) => decoder.feed(data, decoded),
        }
        hand_over(decoded, sink);
    }

    /// Decodes body data that comes as a stream of bytes, cut anywhere, and hands over what comes out.
    pub fn decode_stream(&mut self, data: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let Self { transfer, decoded, .. } = self;
        match transfer {
            Transfer::Plain => return self.decode_plain(data, false, sink),
            Transfer::QuotedPrintable(decoder) => decoder.feed(data, decoded),
            Transfer::Base64(decoder) => decoder.feed(data, decoded),
        }
        hand_over(decoded, sink);
    }

    fn decode_plain(&mut self, data: &[u8], line: bool, sink: &mut dyn FnMut(&[u8])) {
        if !line && !self.break_owed {
            return sink(data);
        }
        // One call for a line and its break: the consumer hashes, and short calls cost.
        if std::mem::take(&mut self.break_owed) {
            self.decoded.extend_from_slice(b"\r\n");
        }
        self.decoded.extend_from_slice(data);
        if line && self.in_multipart {
            self.break_owed = true;
        } else if line {
            self.decoded.extend_from_slice(b"\r\n");
        }
        hand_over(&mut self.decoded, sink);
    }

    /// The body is over: what the decoder still holds.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) {
        match &mut self.transfer {
            Transfer::Plain => return,
            Transfer::QuotedPrintable(decoder) => decoder.finish(&mut self.decoded),
            Transfer::Base64(decoder) => decoder.finish(&mut self.decoded),
        }
        hand_over(&mut self.decoded, sink);
    }

    /// Bytes held on the heap.
    pub const fn held_bytes(&self) -> usize {
        let decoder = if let Transfer::QuotedPrintable(decoder) = &self.transfer { decoder.held_bytes() } else { 0 };
        self.header.capacity() + self.decoded.capacity() + decoder
    }
}

fn hand_over(decoded: &mut Vec<u8>, sink: &mut dyn FnMut(&[u8])) {
    // A buffer that an unusual line has grown is given back, so that many flows do not keep their largest one.
    const KEPT_BYTES_MAX: usize = 4096;
    if !decoded.is_empty() {
        sink(decoded);
        decoded.clear();
        if decoded.capacity() > KEPT_BYTES_MAX {
            decoded.shrink_to(KEPT_BYTES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headers: &[(&str, &str)], parent: Option<&Part>) -> Part {
        let mut part = Part::new(parent);
        for (name, value) in headers {
            part.learn(&Header { name: name.as_bytes(), value: value.as_bytes(), lines: 1 });
        }
        part
    }

    #[test]
    fn the_last_break_of_a_part_belongs_to_the_boundary() {
        let outer = part(&[("Content-Type", "multipart/mixed; boundary=xx")], None);
        assert_eq!(outer.boundary(b"--xx"), Boundary::Next);
        assert_eq!(outer.boundary(b"--xx--"), Boundary::Last);
        assert_eq!(outer.boundary(b"--x"), Boundary::None);
        let mut inner = part(&[], Some(&outer));
        let mut body = Vec::new();
        inner.decode(b"one", true, &mut |data| body.extend_from_slice(data));
        inner.decode(b"two", true, &mut |data| body.extend_from_slice(data));
        assert_eq!(body, b"one\r\ntwo");
    }

    #[test]
    fn a_multipart_type_without_boundary_is_data() {
        assert_eq!(part(&[("Content-Type", "multipart/mixed")], None).content, Content::Leaf);
        assert_eq!(part(&[("content-type", "Message/RFC822")], None).content, Content::Message);
    }
}
