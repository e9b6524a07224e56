//! Linux's audit: `type=USER_LOGIN msg=audit(1373330717.000:4250): pid=7 … msg='op=login acct="root" addr=10.0.0.5 res=failed'`.
//!
//! Logons that PAM and sshd report are rows of `logon`, everything else is told by its type. Source: the audit project's message
//! dictionary. Left out: joining the records of one event; names that are written in hexadecimal digits stay so.

use crate::Stamps;
use crate::fields::Fields;
use crate::kinds::device;
use crate::rows::{self, Logon};
use crate::text::{addr, after, between, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Auditd;

impl LogFormat for Auditd {
    fn name(&self) -> &'static str {
        "auditd"
    }

    fn about(&self) -> &'static str {
        "Linux's audit: logons, and everything else by its type"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if message(record.line).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { stamps: Stamps::default() })
    }
}

/// The type, the time and what follows.
fn message(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    /// A priority, a host and a time may stand before it.
    const BEFORE_MAX: usize = 120;
    let start = memchr::memmem::find(&line[..line.len().min(BEFORE_MAX)], b"type=")?;
    let (kind, rest) = word(&line[start + 5..]);
    let inside = rest.strip_prefix(b"msg=audit(")?;
    let (stamp, rest) = crate::text::split(inside, b')')?;
    Some((kind, stamp, rest.strip_prefix(b":").unwrap_or(rest)))
}

struct Messages {
    stamps: Stamps,
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let (kind, stamp, said) = message(record.line).ok_or(DecodeError::new("no record of Linux's audit", 0))?;
        let at = self.stamps.epoch(stamp).map(|(at, _)| at).or(record.at).ok_or(DecodeError::new("a record without a time", 0))?;
        // What the program said stands in quotes of its own.
        let inner = between(said, b"msg='", b"'").or_else(|| after(said, b"msg='")).unwrap_or(said);
        let fields = Fields::of_pairs(inner);
        let action = match kind {
            b"USER_LOGIN" | b"USER_AUTH" | b"USER_ERR" => Some("logon"),
            b"USER_END" | b"USER_LOGOUT" => Some("logoff"),
            _ => None,
        };
        let user = fields.get("acct id").unwrap_or_default();
        let source = fields.get("addr hostname").and_then(addr);
        let Some(action) = action.filter(|_| source.is_some() || !user.is_empty()) else {
            let row = rows::told(at, record, "auditd", kind, source, said.trim_ascii());
            out(if user.is_empty() { row } else { row.with(device::USER, user) });
            return Ok(());
        };
        let success = fields.get("res result").map(|result| result.starts_with(b"succe") || result == b"1" || result == b"yes");
        let service = match fields.get("exe").unwrap_or_default() {
            exe if exe.ends_with(b"/sshd") => "ssh",
            exe if exe.ends_with(b"/sudo") => "sudo",
            exe if exe.ends_with(b"/su") => "su",
            _ => "unix",
        };
        let method = fields.get("op").unwrap_or_default();
        let success = if action == "logon" { success } else { None };
        out(Logon { service, user, source: (source, 0), action, success, method, reason: b"" }.row(at, record.host));
        Ok(())
    }
}
