//! NTLM tokens (MS-NLMP section 2.2.1).
//!
//! ```text
//! negotiate     "NTLMSSP\0" 1 flags          domain workstation
//! challenge     "NTLMSSP\0" 2 target  flags  challenge(8) reserved(8) target-information
//! authenticate  "NTLMSSP\0" 3 lm nt   domain user workstation session-key flags
//! ```
//! Words of two and more letters are descriptors of eight bytes: length, allocated length, offset from the signature.

use crate::cursor::{Cursor, utf16};

const HAS_TARGET_INFO: u32 = 0x0080_0000;
const REQUESTS_TARGET: u32 = 0x0000_0004;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// The client offers NTLM.
    Negotiate,
    /// The server's challenge.
    Challenge(Names),
    /// The client's answer.
    Authenticate {
        /// The account's domain.
        domain: Option<String>,
        /// The account.
        user: Option<String>,
        /// The client's name.
        workstation: Option<String>,
    },
    /// Another type.
    Other,
}

/// Names that a challenge gives for the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// NetBIOS.
    pub netbios: Option<String>,
    /// DNS.
    pub dns: Option<String>,
    /// DNS name of the forest.
    pub tree: Option<String>,
}

/// Reads a token; `None` where it is too short for what it announces.
pub fn parse(token: &[u8]) -> Option<Token> {
    let mut at = Cursor::new(token);
    at.skip(8)?;
    match at.u32_le()? {
        1 => {
            at.skip(4 + 8 + 8)?;
            Some(Token::Negotiate)
        }
        2 => challenge(token, &mut at),
        3 => authenticate(token, &mut at),
        _ => Some(Token::Other),
    }
}

#[derive(Clone, Copy)]
struct Descriptor {
    bytes: u16,
    offset: u32,
}

impl Descriptor {
    fn read(at: &mut Cursor<'_>) -> Option<Self> {
        let bytes = at.u16_le()?;
        at.skip(2)?;
        Some(Self { bytes, offset: at.u32_le()? })
    }

    /// What it describes; the outer `None` where that lies outside of the token.
    fn text(self, token: &[u8]) -> Option<Option<String>> {
        if self.bytes == 0 {
            return Some(None);
        }
        let start = usize::try_from(self.offset).ok()?;
        token.get(start..start.checked_add(self.bytes.into())?).map(|text| Some(utf16(text)))
    }
}

fn challenge(token: &[u8], at: &mut Cursor<'_>) -> Option<Token> {
    let target = Descriptor::read(at)?;
    let flags = at.u32_le()?;
    at.skip(16)?;
    let info = Descriptor::read(at)?;
    if flags & REQUESTS_TARGET != 0 {
        target.text(token)?;
    }
    let mut names = Names::default();
    if flags & HAS_TARGET_INFO != 0 {
        pairs(token.get(usize::try_from(info.offset).ok()?..)?, &mut names)?;
    }
    Some(Token::Challenge(names))
}

/// Attributes (MS-NLMP section 2.2.2.1) up to the one that ends them.
fn pairs(info: &[u8], names: &mut Names) -> Option<()> {
    let mut at = Cursor::new(info);
    while at.left() > 0 {
        let (id, bytes) = (at.u16_le()?, at.u16_le()?);
        let value = at.take(bytes.into())?;
        match id {
            0 => break,
            1 => names.netbios = Some(utf16(value)),
            3 => names.dns = Some(utf16(value)),
            5 => names.tree = Some(utf16(value)),
            _ => {}
        }
    }
    Some(())
}

fn authenticate(token: &[u8], at: &mut Cursor<'_>) -> Option<Token> {
    at.skip(8)?;
    let response = Descriptor::read(at)?;
    let (domain, user, workstation) = (Descriptor::read(at)?, Descriptor::read(at)?, Descriptor::read(at)?);
    let key = Descriptor::read(at)?;
    at.skip(4)?;
    response.text(token)?;
    key.text(token)?;
    Some(Token::Authenticate { domain: domain.text(token)?, user: user.text(token)?, workstation: workstation.text(token)? })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    /// A challenge with a NetBIOS name, a DNS name and the end.
    pub(crate) fn challenge_token(netbios: &str, dns: &str) -> Vec<u8> {
        let mut info = Vec::new();
        for (id, name) in [(1u16, wide(netbios)), (3, wide(dns)), (0, Vec::new())] {
            info.extend(id.to_le_bytes());
            info.extend((name.len() as u16).to_le_bytes());
            info.extend(name);
        }
        let mut token = b"NTLMSSP\0\x02\0\0\0".to_vec();
        token.extend([0, 0, 0, 0, 48, 0, 0, 0]);
        token.extend(HAS_TARGET_INFO.to_le_bytes());
        token.extend([7; 16]);
        token.extend((info.len() as u16).to_le_bytes());
        token.extend([0, 0, 48, 0, 0, 0]);
        token.extend(info);
        token
    }

    /// An answer by a user of a domain at a workstation.
    pub(crate) fn authenticate_token(domain: &str, user: &str, workstation: &str) -> Vec<u8> {
        let mut token = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let mut payload = Vec::new();
        for part in ["", "", domain, user, workstation, ""] {
            let text = wide(part);
            token.extend((text.len() as u16).to_le_bytes());
            token.extend((text.len() as u16).to_le_bytes());
            token.extend((64 + payload.len() as u32).to_le_bytes());
            payload.extend(text);
        }
        token.extend([1, 0, 0, 0]);
        token.extend(payload);
        token
    }

    #[test]
    fn reads_names() {
        let Some(Token::Challenge(names)) = parse(&challenge_token("SRV", "srv.example")) else { panic!("a challenge") };
        assert_eq!((names.netbios.as_deref(), names.dns.as_deref(), names.tree), (Some("SRV"), Some("srv.example"), None));
        let expected = Token::Authenticate { domain: Some("DOM".into()), user: Some("ann".into()), workstation: None };
        assert_eq!(parse(&authenticate_token("DOM", "ann", "")), Some(expected));
    }

    #[test]
    fn names_outside_of_the_token_are_refused() {
        let token = authenticate_token("DOM", "ann", "WS");
        assert_eq!(parse(&token[..token.len() - 1]), None);
        assert_eq!(parse(b"NTLMSSP\0\x01\0\0\0"), None);
        assert_eq!(parse(b"NTLMSSP\0\x09\0\0\0"), Some(Token::Other));
    }
}
