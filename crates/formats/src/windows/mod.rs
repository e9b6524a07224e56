//! Windows' events: EVTX files, and the JSON in which these events travel.
//!
//! Every event becomes one row that keeps all that it said (kinds in [`kinds`]), and where it tells of a flow, a DNS question, a
//! logon or an alert, a row of that log too, so that detectors which know nothing of Windows see it. Sources: Microsoft's documentation
//! of Sysmon's and the security log's events; Winlogbeat's, nxlog's and Wazuh's of their fields. Left out: events rendered as XML
//! text, and providers' message tables, so that `message` is there only where the source sent it.

pub mod kinds;
mod logons;
mod message;
mod network;
mod rows;

use crate::Stamps;
use crate::kinds::alert;
use crate::rows::Dns;
use crate::text::has;
use crate::tree;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use message::Message;
use model::{Addr, Event, Kind, Value};
use std::collections::HashMap;

/// Computers whose addresses are remembered: as many as one collector has.
const COMPUTERS_MAX: usize = 10_000;
/// The longest name that is remembered; a domain name has 253 letters.
const NAME_BYTES_MAX: usize = 253;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Windows;

impl LogFormat for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn about(&self) -> &'static str {
        "Windows Event Log and Sysmon: EVTX files, and as JSON of evtx_dump, Winlogbeat, nxlog, Wazuh and others"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &kinds::ALL
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        let text = record.text;
        // Wazuh writes `eventID` below `system`; others, who are no Windows, have that name at the top.
        let wazuh = || has(text, b"\"eventID\"") && has(text, b"\"system\"");
        let named = || has(text, b"\"EventID\"") || wazuh() || has(text, b"\"winlog\"") || has(text, b"\"event_data\"");
        if text.first() == Some(&b'{') && named() { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        contract::HELD_BYTES_MAX.max(COMPUTERS_MAX * (NAME_BYTES_MAX + 2 * size_of::<(Box<str>, Addr)>()))
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Events { dns: Dns::of(kinds), stamps: Stamps::default(), computers: HashMap::new(), names: 0, dropped: 0 })
    }
}

struct Events {
    dns: Option<Dns>,
    stamps: Stamps,
    computers: HashMap<Box<str>, Addr>,
    names: usize,
    dropped: u64,
}

impl Decoder for Events {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let text = String::from_utf8_lossy(record.text);
        let Some(root) = tree::object(&text) else { return Err(DecodeError::new("no JSON object", 0)) };
        let Some(message) = Message::of(&root, &mut self.stamps) else {
            return Err(DecodeError::new("an object without an event of Windows", 0));
        };
        let Some(at) = message.at.or(record.at) else { return Err(DecodeError::new("an event without a time", 0)) };
        self.dropped += message.dropped;
        self.learn(&message);
        let address = self.address(&message.computer);
        let mut row = rows::row(&message, at);
        if !message.computer.is_empty() {
            row.set(kinds::ADDRESS, address);
        }
        out(row);
        let host = crate::rows::End::from((Some(address), 0));
        network::rows(&message, at, host, self.dns.as_ref(), out);
        logons::rows(&message, at, out);
        if let Some((signature, category, action)) = rows::defended(&message) {
            let text = |text: &str| if text.is_empty() { Value::Unset } else { Value::from(text.as_bytes()) };
            let row = crate::rows::of_flow(&alert::KIND, at, (Some(address), 0), (None, 0), signature.as_bytes(), "");
            let row = row.with(alert::SIGNATURE, text(signature)).with(alert::CATEGORY, text(category)).with(alert::ACTION, text(action));
            out(row.with(alert::SENSOR, "defender"));
        }
        Ok(())
    }

    fn held_bytes(&self) -> usize {
        self.names + self.computers.capacity() * size_of::<(Box<str>, Addr)>()
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Events {
    /// A computer's own flows tell its address.
    fn learn(&mut self, message: &Message<'_>) {
        let Some(addr) = network::own_address(message).filter(|_| !message.computer.is_empty()) else { return };
        let name = lower(&message.computer);
        if let Some(known) = self.computers.get_mut(name.as_str()) {
            // A computer has several addresses; IPv4's are those that other logs know it by.
            if addr.is_v4() || !known.is_v4() {
                *known = addr;
            }
        } else if self.computers.len() < COMPUTERS_MAX && name.len() <= NAME_BYTES_MAX {
            self.names += name.len();
            self.computers.insert(name.into(), addr);
        } else {
            self.dropped += 1;
        }
    }

    fn address(&self, computer: &str) -> Addr {
        let name = lower(computer);
        self.computers.get(name.as_str()).copied().unwrap_or_else(|| made_of(&name))
    }
}

/// Names of Windows are the same in any case.
fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// An address for a computer whose own is not known, so that what it does is still its own: of the prefix `fd68:7961:6b75:796f::/64`
/// ("hyakuyo", a private one of RFC 4193), behind it a hash (FNV-1a) of the name.
fn made_of(name: &str) -> Addr {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut bytes = *b"\xfdhyakuyo\0\0\0\0\0\0\0\0";
    bytes[8..].copy_from_slice(&hash.to_be_bytes());
    Addr::v6(bytes)
}
