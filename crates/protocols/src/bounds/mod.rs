//! Reading fixed layouts from a message that may be too short, with the words in which Zeek's generated parsers complain
//! about it, since those words end up in `analyzer.log`.

use contract::Violation;

/// A place in a message. Numbers are big-endian unless the name says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The violation of a parser that needs `need` bytes for `what` and finds `have`.
pub fn out_of_bound(what: &str, need: usize, have: usize) -> Violation {
    Violation { reason: format!("Binpac exception: binpac exception: out_of_bound: {what}: {need} > {have}").into() }
}

impl<'a> Reader<'a> {
    /// At the first byte of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Bytes that are left.
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Makes sure that `bytes` bytes are left.
    ///
    /// # Errors
    /// Where they are not.
    pub fn need(&self, bytes: usize, what: &str) -> Result<(), Violation> {
        if self.rest.len() < bytes { Err(out_of_bound(what, bytes, self.rest.len())) } else { Ok(()) }
    }

    /// The next `bytes` bytes.
    ///
    /// # Errors
    /// Where there are not so many.
    pub fn take(&mut self, bytes: usize, what: &str) -> Result<&'a [u8], Violation> {
        match self.rest.split_at_checked(bytes) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(out_of_bound(what, bytes, self.rest.len())),
        }
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Violation> {
        match self.rest.split_first_chunk() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(out_of_bound(what, N, self.rest.len())),
        }
    }

    /// One byte.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u8(&mut self, what: &str) -> Result<u8, Violation> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u16(&mut self, what: &str) -> Result<u16, Violation> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Two bytes, little-endian.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u16_le(&mut self, what: &str) -> Result<u16, Violation> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u32(&mut self, what: &str) -> Result<u32, Violation> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Four bytes, little-endian.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u32_le(&mut self, what: &str) -> Result<u32, Violation> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// At the end of the message.
    pub fn u64(&mut self, what: &str) -> Result<u64, Violation> {
        self.array(what).map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_the_words_of_zeek() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16("A:b"), Ok(0x0102));
        assert_eq!(
            reader.u32("A:c").map_err(|violation| violation.reason.into_owned()),
            Err("Binpac exception: binpac exception: out_of_bound: A:c: 4 > 1".to_owned())
        );
        assert_eq!(reader.rest(), [3]);
    }
}
