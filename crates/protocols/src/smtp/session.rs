//! The rows of `smtp.log` in the making, and the files of their mails: Zeek's `base/protocols/smtp/*.zeek`.

use super::addresses;
use super::log;
use crate::mime::{Header, MailEvents, token};
use crate::software;
use contract::{Emit, FileAbout, FileId, Side};
use model::{Addr, Event, Timestamp, Value};

/// So many recipients are kept of one mail; Zeek's `SMTP::max_rcptto_addresses` and its like.
const ADDRESSES_MAX: usize = 1000;
/// So many steps of a mail's way are kept; Zeek's `SMTP::max_path_length`.
const PATH_MAX: usize = 1000;
/// So many transactions out of order end the analysis; Zeek's `SMTP::max_invalid_mail_transactions`.
const INVALID_MAX: u32 = 25;

/// A row in the making.
#[derive(Debug)]
struct Row {
    row: Event,
    depth: u64,
    rcptto: Option<Vec<Value>>,
    to: Option<Vec<Value>>,
    cc: Option<Vec<Value>>,
    path: Vec<Addr>,
    fuids: Vec<Value>,
    tls: bool,
    webmail: bool,
    active: bool,
    entities: u32,
}

/// What a session has come to.
#[derive(Debug, Default)]
pub(super) struct Session {
    row: Option<Row>,
    helo: Option<Box<[u8]>>,
    mails: u64,
    entities: u64,
    entity_name: Option<Vec<u8>>,
    file: Option<FileId>,
    from_seen: bool,
    to_seen: bool,
    invalid: u32,
    bdat_last: bool,
}

impl Session {
    fn row(&mut self, at: Timestamp, out: &mut dyn Emit) -> &mut Row {
        let Self { row, mails, helo, .. } = self;
        row.get_or_insert_with(|| {
            let flow = out.flow();
            let depth = *mails + 1;
            let event = flow.event(&log::KIND, at).with(log::TRANS_DEPTH, depth).with(log::HELO, helo.clone());
            let path = vec![flow.resp.0, flow.orig.0];
            Row {
                row: event,
                depth,
                rcptto: None,
                to: None,
                cc: None,
                path,
                fuids: Vec::new(),
                tls: false,
                webmail: false,
                active: false,
                entities: 0,
            }
        })
    }

    /// The row is complete, if anything happened in it.
    fn write(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if !self.row.as_ref().is_some_and(|row| row.active) {
            return;
        }
        let Some(Row { mut row, rcptto, to, cc, path, fuids, tls, webmail, .. }) = self.row.take() else {
            return;
        };
        for (column, addresses) in [(log::RCPTTO, rcptto), (log::TO, to), (log::CC, cc)] {
            row.set(column, addresses.map_or(Value::Unset, Value::list));
        }
        if let Some(agent) = row.get(log::USER_AGENT).as_bytes()
            && out.flow().orig.0.is_private()
        {
            let via_http = row.get(log::FIRST_RECEIVED).as_bytes().is_some_and(|text| memchr::memmem::find(text, b"via HTTP").is_some());
            let back = if webmail && via_http { 2 } else { 1 };
            let kind = if webmail { "SMTP::WEBMAIL_SERVER" } else { "SMTP::MAIL_CLIENT" };
            if let Some(&host) = path.len().checked_sub(back).and_then(|place| path.get(place)) {
                software::emit_for(at, host, None, kind, agent, out);
            }
        }
        row.set(log::PATH, Value::list(path));
        row.set(log::TLS, tls);
        row.set(log::FUIDS, Value::list(fuids));
        row.set(log::IS_WEBMAIL, webmail);
        out.event(row);
    }

    /// A command was given. Returns whether too many came out of order.
    pub(super) fn command(&mut self, at: Timestamp, word: &'static str, arg: &[u8], out: &mut dyn Emit) -> bool {
        let prefixed = |prefix: &[u8]| arg.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        self.row(at, out);
        match word {
            "HELO" | "EHLO" => {
                self.helo = Some(arg.into());
                self.row(at, out).row.set(log::HELO, arg);
            }
            "RCPT" if prefixed(b"to:") => return self.recipient(at, arg, out),
            "MAIL" if prefixed(b"from:") => {
                self.write(at, out);
                let row = self.row(at, out);
                if let Some(from) = addresses::envelope(arg).into_iter().next() {
                    row.row.set(log::MAILFROM, from);
                }
                row.active = true;
                self.from_seen = true;
                self.to_seen = false;
            }
            "DATA" | "BDAT" => {
                let over = !self.to_seen && self.invalid("data missing rcpt to", out);
                if word == "BDAT" && arg.ends_with(b" LAST") {
                    self.from_seen = false;
                    self.to_seen = false;
                    self.bdat_last = true;
                }
                return over;
            }
            "." => {
                self.from_seen = false;
                self.to_seen = false;
            }
            _ => {}
        }
        false
    }

    fn recipient(&mut self, at: Timestamp, arg: &[u8], out: &mut dyn Emit) -> bool {
        let row = self.row(at, out);
        let kept = row.rcptto.get_or_insert_default();
        for address in addresses::envelope(arg) {
            let address = without_orcpt(address);
            if !add(kept, address) {
                out.weird("smtp_too_many_rcptto_addresses", "", "");
                break;
            }
        }
        row.active = true;
        self.to_seen = true;
        !self.from_seen && self.invalid("rcpt to missing mail from", out)
    }

    fn invalid(&mut self, why: &str, out: &mut dyn Emit) -> bool {
        out.weird("smtp_mail_transaction_invalid", why, "SMTP");
        self.invalid += 1;
        if self.invalid == INVALID_MAX + 1 {
            out.weird("smtp_excessive_invalid_mail_transactions", "", "SMTP");
        }
        self.invalid > INVALID_MAX
    }

    /// The server replied to `word`.
    pub(super) fn reply(&mut self, at: Timestamp, code: u16, word: &str, text: &[u8], continued: bool, out: &mut dyn Emit) {
        let mut said = format!("{code} ").into_bytes();
        said.extend_from_slice(text);
        self.row(at, out).row.set(log::LAST_REPLY, said);
        if word == "." || (!continued && word == "BDAT" && self.bdat_last) {
            self.mails += 1;
            self.bdat_last = false;
            self.write(at, out);
            self.row = None;
            self.row(at, out);
        }
    }

    /// TLS begins.
    pub(super) fn tls(&mut self, at: Timestamp, out: &mut dyn Emit) {
        let row = self.row(at, out);
        row.tls = true;
        row.active = true;
    }

    /// The connection is over.
    pub(super) fn finish(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.write(at, out);
    }

    /// The file of the entity at hand misses bytes.
    pub(super) fn gap(&mut self, at: Timestamp, side: Side, bytes: u64, out: &mut dyn Emit) {
        let id = self.file.unwrap_or_else(|| self.open(at, side, out));
        out.file_gap(at, id, bytes);
    }

    fn open(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> FileId {
        let entities = self.entities;
        let depth = self.row(at, out).depth;
        let key = [depth.to_le_bytes(), entities.to_le_bytes()].concat();
        let id = out.file_open(&FileAbout {
            at,
            source: "SMTP",
            side,
            key: &key,
            shared: false,
            depth: entities,
            name: self.entity_name.as_deref(),
            declared_mime: None,
            total_bytes: None,
            parent: None,
        });
        self.file = Some(id);
        let row = self.row(at, out);
        if !row.tls {
            row.fuids.push(id.into());
        }
        id
    }

    pub(super) fn held_bytes(&self) -> usize {
        let lists = |row: &Row| [&row.rcptto, &row.to, &row.cc].into_iter().flatten().map(|list| list.len() * 64).sum::<usize>();
        self.row.as_ref().map_or(0, |row| row.row.held_bytes() + lists(row) + row.path.len() * size_of::<Addr>() + row.fuids.len() * 24)
    }
}

/// Adds an address to a set. Returns false where the set is full.
fn add(kept: &mut Vec<Value>, address: Vec<u8>) -> bool {
    let address = Value::from(address);
    if kept.contains(&address) {
        return true;
    }
    if kept.len() >= ADDRESSES_MAX {
        return false;
    }
    kept.push(address);
    true
}

fn without_orcpt(address: Vec<u8>) -> Vec<u8> {
    const WORD: &[u8] = b"ORCPT=rfc822";
    match memchr::memmem::find(&address, WORD) {
        Some(at) => {
            let rest = &address[at + WORD.len()..];
            [&address[..at], rest.strip_prefix(b";").unwrap_or(rest)].concat()
        }
        None => address,
    }
}

/// A session, while a mail is told to it.
pub(super) struct Telling<'a> {
    pub(super) session: &'a mut Session,
    pub(super) at: Timestamp,
    pub(super) side: Side,
    pub(super) out: &'a mut dyn Emit,
}

impl MailEvents for Telling<'_> {
    fn begin(&mut self) {
        self.session.entity_name = None;
        self.session.entities += 1;
        self.session.file = None;
        self.session.row(self.at, self.out).entities += 1;
    }

    fn header(&mut self, header: &Header<'_>) {
        let named = if header.is(b"content-disposition") {
            token::file_name(header.value, b"filename", true)
        } else if header.is(b"content-type") {
            token::file_name(header.value, b"name", false)
        } else {
            None
        };
        if named.is_some() {
            self.session.entity_name = named;
        }
        let row = self.session.row(self.at, self.out);
        if row.entities <= 1 {
            mail_header(row, header, self.out);
        }
    }

    fn data(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let id = match self.session.file {
            Some(id) => id,
            None => self.session.open(self.at, self.side, self.out),
        };
        self.out.file_data(self.at, id, data);
    }

    fn end(&mut self) {
        self.session.entity_name = None;
        if let Some(id) = self.session.file.take() {
            self.out.file_end(self.at, id);
        }
    }

    fn too_deep(&mut self, depth: usize) {
        self.out.weird("exceeded_mime_max_depth", &depth.to_string(), "SMTP");
    }
}

fn mail_header(row: &mut Row, header: &Header<'_>, out: &mut dyn Emit) {
    let value = header.value;
    let name = header.name.to_ascii_lowercase();
    match name.as_slice() {
        b"message-id" => row.row.set(log::MSG_ID, value),
        b"in-reply-to" => row.row.set(log::IN_REPLY_TO, value),
        b"subject" => {
            out.inspect("smtp.subject", value);
            row.row.set(log::SUBJECT, value);
        }
        b"from" => row.row.set(log::FROM, value),
        b"reply-to" => row.row.set(log::REPLY_TO, value),
        b"date" => row.row.set(log::DATE, value),
        b"to" | b"cc" => {
            let (kept, weird) =
                if name == b"to" { (&mut row.to, "smtp_too_many_to_addresses") } else { (&mut row.cc, "smtp_too_many_cc_addresses") };
            let kept = kept.get_or_insert_default();
            if !addresses::header(value).into_iter().all(|address| add(kept, address.to_vec())) {
                out.weird(weird, "", "");
            }
        }
        b"x-originating-ip" => {
            if let Some(&addr) = addresses::internet(value, false).first() {
                row.row.set(log::X_ORIGINATING_IP, addr);
            }
        }
        b"x-mailer" | b"user-agent" | b"x-user-agent" => {
            row.webmail |= name == b"user-agent" && is_webmail(value);
            row.row.set(log::USER_AGENT, value);
        }
        b"received" => received(row, value, out),
        _ => {}
    }
}

fn received(row: &mut Row, value: &[u8], out: &mut dyn Emit) {
    if let Some(first) = row.row.get_mut(log::FIRST_RECEIVED).map(std::mem::take).filter(|first| !first.is_unset()) {
        row.row.set(log::SECOND_RECEIVED, first);
    }
    row.row.set(log::FIRST_RECEIVED, value);
    let found = addresses::internet(value, true);
    let Some(&addr) = found.get(1).or(found.first()) else {
        return;
    };
    if row.path.last() == Some(&addr) {
        return;
    }
    if row.path.len() >= PATH_MAX {
        return out.weird("smtp_max_path_length_exceeded", "", "");
    }
    row.path.push(addr);
}

fn is_webmail(agent: &[u8]) -> bool {
    let begins = [&b"iPlanet Messenger"[..], b"Sun Java(tm) System Messenger Express", b"SquirrelMail", b"NeoMail"];
    begins.iter().any(|begin| agent.starts_with(begin))
        || [&b"(IMP)"[..], b"ZimbraWebClient"].iter().any(|word| memchr::memmem::find(agent, word).is_some())
}
