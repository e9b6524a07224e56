//! NTLM logons (MS-NLMP) inside of SMB, DCE/RPC and others: who logs on, from which machine, at which server.
//!
//! Not a row of the catalogue: tokens come from the protocols that carry them. Left out: the responses themselves, and
//! NTLM in HTTP headers (as in Zeek).

pub mod codec;
pub mod log;

use codec::Token;
use contract::Emit;
use model::{Event, Timestamp};

/// The logons of one connection; the first that comes to an end is written.
#[derive(Debug, Default)]
pub struct Session {
    row: Option<Box<Event>>,
    written: bool,
}

impl Session {
    /// Reads a token.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn token(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) -> Result<(), Malformed> {
        let token = codec::parse(token).ok_or(Malformed)?;
        out.confirm("ntlm");
        if token == Token::Other {
            return Ok(());
        }
        let row = self.row.get_or_insert_with(|| Box::new(out.flow().event(&log::KIND, at)));
        let mut set = |column, name: Option<String>| {
            if let Some(name) = name {
                row.set(column, name);
            }
        };
        match token {
            Token::Challenge(names) => {
                set(log::SERVER_NB, names.netbios);
                set(log::SERVER_DNS, names.dns);
                set(log::SERVER_TREE, names.tree);
            }
            Token::Authenticate { domain, user, workstation } => {
                set(log::DOMAINNAME, domain);
                set(log::HOSTNAME, workstation);
                set(log::USERNAME, user);
            }
            Token::Negotiate | Token::Other => {}
        }
        Ok(())
    }

    /// The negotiation around it came to a state: 0 accepted, 1 goes on, others refused (RFC 4178 section 4.2.2).
    pub fn negotiated(&mut self, state: u64, out: &mut dyn Emit) {
        let Some(row) = self.row.as_mut() else { return };
        if state != 1 {
            row.set(log::SUCCESS, state == 0);
        }
        if !self.written && !row.get(log::SUCCESS).is_unset() {
            out.event((**row).clone());
            self.written = true;
        }
    }

    /// The connection is over.
    pub fn close(&mut self, out: &mut dyn Emit) {
        if let Some(row) = self.row.take().filter(|_| !self.written) {
            out.event(*row);
        }
        self.written = true;
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.row.as_ref().map_or(0, |row| row.held_bytes())
    }
}

/// Not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;
