//! Mails that come in chunks (BDAT, RFC 3030): plain bytes, cut into lines here.

/// The longest line in bytes; Zeek's `SMTP::bdat_max_line_length`.
const LINE_BYTES_MAX: usize = 4096;

/// Takes a line, whether a line break followed it, and what is odd about it.
pub(super) type TakeLine<'a> = dyn FnMut(&[u8], bool, Option<&'static str>) + 'a;

/// The chunks of one mail.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    held: Vec<u8>,
    expected: u64,
    last: bool,
}

impl Chunks {
    /// A chunk follows.
    pub(super) const fn next_chunk(&mut self, bytes: u64, last: bool) {
        self.expected = bytes;
        self.last = last;
    }

    /// How many bytes of the chunk are still to come.
    pub(super) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Takes bytes of the chunk and gives lines, with whether a line break followed, and what is odd about them. Returns
    /// whether the mail is complete.
    pub(super) fn feed(&mut self, data: &[u8], line: &mut TakeLine<'_>) -> bool {
        for &c in data {
            if c != b'\n' && self.held.last() == Some(&b'\r') {
                self.give(false, Some("smtp_bdat_line_cr_only"), line);
            }
            if c != b'\n' {
                self.held.push(c);
                if self.held.len() >= LINE_BYTES_MAX {
                    self.give(false, Some("smtp_bdat_line_too_long"), line);
                }
            } else if self.held.last() == Some(&b'\r') {
                self.held.pop();
                self.give(true, None, line);
            } else {
                self.held.push(c);
                self.give(false, Some("smtp_bdat_line_lf_only"), line);
            }
        }
        self.expected = self.expected.saturating_sub(data.len() as u64);
        let over = self.last && self.expected == 0;
        if over && !self.held.is_empty() {
            self.give(false, None, line);
        }
        over
    }

    fn give(&mut self, breaks: bool, odd: Option<&'static str>, line: &mut TakeLine<'_>) {
        line(&self.held, breaks, odd);
        self.held.clear();
    }

    /// What was never completed.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.held.is_empty()).then(|| std::mem::take(&mut self.held))
    }

    pub(super) const fn held_bytes(&self) -> usize {
        self.held.capacity()
    }
}
