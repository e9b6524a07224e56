//! Lines that end with CR, LF or both, of a limited length.

/// A line is cut at this length in bytes (Zeek's limit for IRC; RFC 1459 section 2.3 allows 512).
pub(super) const LINE_BYTES_MAX: usize = 1000;

/// One direction's line that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    /// The byte before was a CR, which ended a line.
    after_cr: bool,
    /// A CR without LF was seen.
    pub(super) single_cr: bool,
}

/// How a line ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As it should.
    Whole(Vec<u8>),
    /// It was too long; this is its beginning.
    TooLong(Vec<u8>),
}

impl Lines {
    /// Reads up to the end of a line; `data` is left behind it.
    pub(super) fn line(&mut self, data: &mut &[u8]) -> Option<Line> {
        while let Some((byte, rest)) = data.split_first() {
            *data = rest;
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            if after_cr && *byte == b'\n' {
                continue;
            }
            if self.line.len() >= LINE_BYTES_MAX {
                return Some(Line::TooLong(std::mem::take(&mut self.line)));
            }
            if matches!(byte, b'\r' | b'\n') {
                return Some(Line::Whole(std::mem::take(&mut self.line)));
            }
            self.single_cr |= after_cr;
            self.line.push(*byte);
        }
        None
    }

    /// Ends the line that has not ended yet, if there is anything in it.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.line)).filter(|line| !line.is_empty())
    }

    pub(super) const fn held_bytes(&self) -> usize {
        self.line.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let (mut lines, mut data, mut found) = (Lines::default(), b"a\r\nb\nc\rd\r\n".as_slice(), Vec::new());
        while let Some(line) = lines.line(&mut data) {
            found.push(line);
        }
        assert_eq!(found, [b"a", b"b", b"c", b"d"].map(|line| Line::Whole(line.to_vec())));
        assert!(lines.single_cr);
        let long = [b'x'; 1500];
        assert_eq!(lines.line(&mut &long[..]), Some(Line::TooLong(long[..1000].to_vec())));
    }
}
