//! An LDAP message (RFC 4511 section 4.1.1).
//!
//! ```text
//! LDAPMessage ::= SEQUENCE { messageID INTEGER, protocolOp CHOICE { … }, controls [0] Controls OPTIONAL }
//! ```

use crate::kerberos::ber::Element;

/// A message.
#[derive(Debug)]
pub struct Message<'a> {
    /// Its number.
    pub id: i64,
    /// The operation's tag: `0x60` for a bind request and so on.
    pub tag: u8,
    /// The operation's content.
    pub content: &'a [u8],
}

/// The result in a response (RFC 4511 section 4.1.9).
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The code.
    pub code: u64,
    /// What the server says of it.
    pub diagnostic: &'a [u8],
    /// What follows.
    pub rest: &'a [u8],
}

/// How many bytes the message at the beginning of a buffer has, header included; `None` where that can't be told yet.
///
/// # Errors
/// Where no message begins here.
pub fn length(data: &[u8]) -> Result<Option<usize>, &'static str> {
    match data {
        [] | [0x30] => Ok(None),
        [0x30, short @ 0..=0x7f, ..] => Ok(Some(2 + usize::from(*short))),
        [0x30, long @ 0x81..=0x84, rest @ ..] => {
            let digits = usize::from(long & 0x7f);
            let Some(digits) = rest.get(..digits) else { return Ok(None) };
            Ok(Some(2 + digits.len() + digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit))))
        }
        [0x30, ..] => Err("LDAP message with a length of unknown form"),
        _ => Err("LDAP message does not begin with a sequence"),
    }
}

/// Reads a message, of which the end may be missing.
pub fn message(data: &[u8]) -> Option<Message<'_>> {
    let sequence = Element::read_lax(data)?;
    let id = Element::read(sequence.content).filter(|id| id.tag == 2)?;
    let operation = Element::read_lax(id.rest).filter(|operation| operation.tag & 0xc0 == 0x40)?;
    Some(Message { id: id.number() as i64, tag: operation.tag, content: operation.content })
}

/// Reads the result in a response.
pub fn outcome(content: &[u8]) -> Option<Outcome<'_>> {
    let code = Element::read(content)?;
    let matched = Element::read(code.rest)?;
    let diagnostic = Element::read(matched.rest)?;
    Some(Outcome { code: code.number(), diagnostic: diagnostic.content, rest: diagnostic.rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let unbind = [0x30, 5, 2, 1, 7, 0x42, 0];
        assert_eq!(length(&unbind), Ok(Some(7)));
        let message = message(&unbind).expect("a message");
        assert_eq!((message.id, message.tag, message.content), (7, 0x42, b"".as_slice()));
        assert_eq!(length(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(length(&[0x30, 0x82, 1, 0]), Ok(Some(260)));
        assert!(length(&[0x31, 0]).is_err() && length(&[0x30, 0x85]).is_err());
    }

    #[test]
    fn outcomes() {
        let bytes = [0x0a, 1, 49, 4, 0, 4, 2, b'n', b'o', 0x87, 1, 9];
        assert_eq!(outcome(&bytes), Some(Outcome { code: 49, diagnostic: b"no", rest: &[0x87, 1, 9] }));
        assert_eq!(outcome(&bytes[..4]), None);
    }
}
