//! Tag, length, value: as much of BER (X.690 section 8.1) as Kerberos and SPNEGO need.

/// An element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// The identifier octet.
    pub(crate) tag: u8,
    /// The content, as far as it is there.
    pub(crate) content: &'a [u8],
    /// What follows the element.
    pub(crate) rest: &'a [u8],
    /// The length that was announced, in bytes.
    pub(crate) announced: usize,
}

impl<'a> Element<'a> {
    /// Reads an element whole; `None` where it is cut off.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        Self::read_lax(bytes).filter(|element| element.content.len() == element.announced)
    }

    /// Reads an element of which the end may be missing.
    pub(crate) fn read_lax(bytes: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        let (&short, rest) = rest.split_first()?;
        let (announced, rest) = if short < 0x80 {
            (usize::from(short), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            if digits.len() > 4 {
                return None;
            }
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        };
        let (content, rest) = rest.split_at(announced.min(rest.len()));
        Some(Self { tag, content, rest, announced })
    }

    /// The elements inside, in order, up to the first that is cut off.
    pub(crate) fn children(&self) -> Children<'a> {
        Children { left: self.content }
    }

    /// The element inside with a context tag (`[n]`), without that tag.
    pub(crate) fn context(&self, number: u8) -> Option<Element<'a>> {
        self.children().find(|child| child.tag & 0x1f == number && child.tag & 0xc0 == 0x80).and_then(|child| Self::read(child.content))
    }

    /// The content as an unsigned number; the last eight bytes count.
    pub(crate) fn number(&self) -> u64 {
        self.content.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

/// The elements inside another.
#[derive(Clone, Debug)]
pub(crate) struct Children<'a> {
    left: &'a [u8],
}

impl<'a> Iterator for Children<'a> {
    type Item = Element<'a>;
    fn next(&mut self) -> Option<Element<'a>> {
        let element = Element::read(self.left)?;
        self.left = element.rest;
        Some(element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_elements() {
        let bytes = [0x30, 0x81, 0x07, 0xa1, 0x03, 0x02, 0x01, 0x05, 0x05, 0x00, 0x99];
        let sequence = Element::read(&bytes).expect("a sequence");
        assert_eq!((sequence.tag, sequence.rest), (0x30, &[0x99][..]));
        assert_eq!(sequence.context(1).map(|n| n.number()), Some(5));
        assert_eq!(sequence.context(2), None);
    }

    #[test]
    fn a_cut_element_is_none() {
        assert_eq!(Element::read(&[0x30, 0x05, 1]), None);
        assert_eq!(Element::read(&[0x30, 0x85, 1, 1, 1, 1, 1]), None);
        assert_eq!(Element::read_lax(&[0x30, 0x05, 1]).map(|e| e.content), Some(&[1][..]));
    }
}
