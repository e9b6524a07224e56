//! DHCP messages (RFC 2131 section 2) and their options (RFC 2132).
//!
//! ```text
//! | op (1) | htype (1) | hlen (1) | hops (1) | xid (4) | secs (2) | flags (2) |
//! | ciaddr (4) | yiaddr (4) | siaddr (4) | giaddr (4) | chaddr (16) | sname (64) | file (128) |
//! | magic cookie (4) | options: code (1), length (1), value …, 255 at their end |
//! ```

use crate::bounds::{Reader, out_of_bound};
use contract::Violation;
use model::Addr;

/// What distinguishes DHCP's options from BOOTP's vendor area.
pub const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

/// Where the cookie lies.
pub const COOKIE_OFFSET: usize = 236;

/// The longest message that is looked at: what fits into a datagram.
const MESSAGE_BYTES_MAX: usize = 65_535;

/// What a message says, as far as a lease's history needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// The number of the transaction.
    pub xid: u32,
    /// The address that the server gives to the client.
    pub yiaddr: [u8; 4],
    /// The client's hardware address.
    pub chaddr: &'a [u8],
    /// The message's type; 0 where no option says it.
    pub kind: u8,
    /// The host name that the client gives itself.
    pub host_name: Option<&'a [u8]>,
    /// The domain's name.
    pub domain_name: Option<&'a [u8]>,
    /// The address that the client asks for.
    pub requested: Option<Addr>,
    /// For how many seconds the address is lent.
    pub lease_secs: Option<u32>,
    /// A text for people.
    pub message: Option<&'a [u8]>,
    /// The client's identifier: its type (1 for Ethernet) and its value.
    pub client_id: Option<(u8, &'a [u8])>,
    /// The client's full name.
    pub client_fqdn: Option<&'a [u8]>,
}

const DOMAIN_NAME: u8 = 15;
const RELAY: u8 = 82;
const END: u8 = 255;

impl<'a> Message<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// Where it is not DHCP or ends too early.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Violation> {
        let mut reader = Reader::new(&datagram[..datagram.len().min(MESSAGE_BYTES_MAX)]);
        reader.need(COOKIE_OFFSET + COOKIE.len(), "DHCP_Message")?;
        reader.take(4, "DHCP_Message")?;
        let xid = reader.u32("DHCP_Message")?;
        reader.take(8, "DHCP_Message")?;
        let yiaddr = reader.u32("DHCP_Message")?.to_be_bytes();
        reader.take(8, "DHCP_Message")?;
        let chaddr = reader.take(16, "DHCP_Message")?;
        reader.take(64 + 128, "DHCP_Message")?;
        let cookie = reader.u32("DHCP_Message")?;
        let mut message = Self { xid, yiaddr, chaddr, ..Self::default() };
        message.options(&mut reader)?;
        if cookie.to_be_bytes() != COOKIE {
            return Err(Violation { reason: format!("bad cookie ({})", cookie.cast_signed()).into() });
        }
        Ok(message)
    }

    fn options(&mut self, reader: &mut Reader<'a>) -> Result<(), Violation> {
        loop {
            let code = reader.u8("Option:code")?;
            match code {
                0 => {}
                END => return Ok(()),
                RELAY => relay(reader)?,
                _ => self.option(code, reader)?,
            }
        }
    }

    /// Reads one option. Those of a fixed size take it whatever their length says, as in Zeek.
    fn option(&mut self, code: u8, reader: &mut Reader<'a>) -> Result<(), Violation> {
        let length = usize::from(reader.u8("OptionValueWrapper:length")?);
        let size = match code {
            1 | 2 | 28 | 50 | 51 | 54 | 58 | 59 => 4,
            57 => 2,
            19 | 53 | 116 => 1,
            3..=6 | 42 | 44 => length / 4 * 4,
            61 if length < 1 => return Err(out_of_bound("Client_Identifier:hwaddr", 1, 0)),
            81 if length < 3 => return Err(out_of_bound("Client_FQDN:domain_name", 3, length)),
            _ => length,
        };
        let value = reader.take(size, "OptionValue")?;
        let number = || value.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        match code {
            12 => self.host_name = Some(value),
            DOMAIN_NAME => self.domain_name = Some(until_last_text(value)),
            50 => self.requested = Addr::from_slice(value),
            51 => self.lease_secs = number(),
            53 if self.kind == 0 => self.kind = value.first().copied().unwrap_or(0),
            56 => self.message = Some(value),
            61 => self.client_id = value.split_first().map(|(kind, id)| (*kind, id)),
            81 => self.client_fqdn = value.get(3..),
            _ => {}
        }
        Ok(())
    }
}

/// Without the zero bytes at the end; a single byte counts as nothing.
fn until_last_text(value: &[u8]) -> &[u8] {
    match value.iter().rposition(|byte| *byte != 0) {
        None | Some(0) => &[],
        Some(last) => &value[..=last],
    }
}

/// RFC 3046: sub-options until their lengths add up to the option's. The sum has eight bits, as in Zeek.
fn relay(reader: &mut Reader<'_>) -> Result<(), Violation> {
    let total = reader.u8("OptionValueWrapper:length")?;
    let mut sum = 0u8;
    loop {
        reader.u8("Relay_Agent_SubOption:code")?;
        let length = reader.u8("Relay_Agent_SubOption:length")?;
        reader.take(usize::from(length), "Relay_Agent_SubOption:value")?;
        sum = sum.wrapping_add(length).wrapping_add(2);
        if sum == total {
            return Ok(());
        }
    }
}

/// A hardware address as text: six bytes, or eight where the last two say something. `None` for other lengths.
pub fn mac(bytes: &[u8]) -> Option<String> {
    let shown = match bytes {
        [_, _, _, _, _, _] | [_, _, _, _, _, _, 0, 0, ..] => &bytes[..6],
        [_, _, _, _, _, _, _, _, ..] => &bytes[..8],
        _ => return None,
    };
    let mut text = String::with_capacity(3 * shown.len());
    for byte in shown {
        for nibble in [byte >> 4, byte & 0xf] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text.push(':');
    }
    text.pop();
    Some(text)
}
