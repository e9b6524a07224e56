//! A place in a message: reads numbers and slices one after the other and never beyond the end.
//!
//! The Microsoft protocols here (SMB, DCE/RPC, NTLM) share it; they differ only in byte order.

/// Reads from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(crate) const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    /// Goes over `count` bytes.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    /// Goes to offset `at` from the start, forwards or backwards.
    pub(crate) fn seek(&mut self, at: usize) -> Option<()> {
        (at <= self.bytes.len()).then(|| self.at = at)
    }

    /// Goes over the bytes up to a multiple of `size`.
    pub(crate) fn align(&mut self, size: usize) -> Option<()> {
        self.skip((size - self.at % size) % size)
    }

    /// All that is left, without going over it.
    pub(crate) fn rest_of(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// One byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes, little-endian.
    pub(crate) fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, little-endian.
    pub(crate) fn u32_le(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes, little-endian.
    pub(crate) fn u64_le(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Two bytes, little-endian or not.
    pub(crate) fn u16(&mut self, little: bool) -> Option<u16> {
        self.array().map(if little { u16::from_le_bytes } else { u16::from_be_bytes })
    }
}

/// UTF-16 (little-endian) as UTF-8, up to the first NUL; lone surrogates become U+FFFD, an odd last byte is dropped.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_within_bounds_only() {
        let mut at = Cursor::new(&[1, 2, 0, 3, 0, 0, 0, 9]);
        assert_eq!((at.u8(), at.u16_le(), at.u32_le()), (Some(1), Some(2), Some(3)));
        assert_eq!((at.u16_le(), at.left(), at.take(usize::MAX)), (None, 1, None));
        assert_eq!((at.rest_of(), at.at()), (&[9][..], 7));
    }

    #[test]
    fn utf16_ends_at_nul() {
        assert_eq!(utf16(b"I\0P\0C\0$\0\0\0x\0"), "IPC$");
    }
}
