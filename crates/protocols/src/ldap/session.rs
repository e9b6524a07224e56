//! The operations that wait for their result, and the rows that they become.

use super::codec::{Message, Outcome};
use super::{filter, log, names};
use crate::kerberos::ber::Element;
use contract::Emit;
use model::{Timestamp, Value};
use std::collections::BTreeMap;

/// So many operations and searches wait at once; with more, the oldest are written down as they stand.
const WAITING_MAX: usize = 256;
/// Texts are cut at this length, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// The operations of one connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    operations: BTreeMap<i64, Operation>,
    searches: BTreeMap<i64, Search>,
}

#[derive(Debug)]
struct Operation {
    at: Timestamp,
    version: Option<i64>,
    opcode: Option<&'static str>,
    result: Option<&'static str>,
    diagnostic: Option<Box<[u8]>>,
    object: Option<Box<[u8]>>,
    argument: Option<Box<[u8]>>,
}

#[derive(Debug)]
struct Search {
    at: Timestamp,
    scope: Option<&'static str>,
    aliases: Option<&'static str>,
    base: Option<Box<[u8]>>,
    entries: u64,
    result: Option<&'static str>,
    diagnostic: Option<Box<[u8]>>,
    filter: Option<String>,
}

/// What a bind request says.
#[derive(Debug)]
pub(super) struct Bind<'a> {
    /// The version.
    pub(super) version: i64,
    /// Who.
    pub(super) name: &'a [u8],
    /// The choice's number: 0 for a password, 3 for SASL, 10 and 11 for Sicily.
    pub(super) kind: u8,
    /// SASL's mechanism.
    pub(super) mechanism: &'a [u8],
    /// The credentials.
    pub(super) credentials: &'a [u8],
}

impl Session {
    /// A bind was asked for.
    pub(super) fn bind(&mut self, at: Timestamp, id: i64, bind: &Bind<'_>, out: &mut dyn Emit) {
        let operation = self.operation(at, id, out);
        operation.version.get_or_insert(bind.version);
        operation.opcode = Some(match bind.kind {
            0 => "bind simple",
            3 => "bind SASL",
            10 => "bind SICILY_NEGOTIATE",
            11 => "bind SICILY_RESPONSE",
            _ => "bind",
        });
        operation.object = some(bind.name).or(operation.object.take());
        operation.argument = match bind.kind {
            // A password is never written down.
            0 if !bind.credentials.is_empty() => Some(b"REDACTED".as_slice().into()),
            3 => some(bind.mechanism).or(operation.argument.take()),
            _ => operation.argument.take(),
        };
    }

    /// A request other than a bind or a search, about an object.
    pub(super) fn request(&mut self, at: Timestamp, message: &Message<'_>, object: &[u8], out: &mut dyn Emit) {
        let operation = self.operation(at, message.id, out);
        operation.opcode = Some(names::operation(message.tag));
        operation.object = some(object).or(operation.object.take());
    }

    /// A response other than to a search.
    pub(super) fn response(&mut self, at: Timestamp, message: &Message<'_>, outcome: Option<&Outcome<'_>>, out: &mut dyn Emit) {
        let operation = self.operation(at, message.id, out);
        let opcode = names::operation(message.tag);
        if opcode != "bind" {
            operation.opcode = Some(opcode);
        } else if operation.opcode.is_none() {
            operation.opcode = Some(opcode);
            out.weird("LDAP_bind_without_opcode", &format!("{}: {opcode}", message.id), "LDAP");
        }
        if let Some(outcome) = outcome {
            operation.result = Some(names::result(outcome.code));
            operation.diagnostic = some(outcome.diagnostic).or(operation.diagnostic.take());
        }
    }

    /// An operation is over.
    pub(super) fn finish(&mut self, id: i64, out: &mut dyn Emit) {
        if let Some(operation) = self.operations.remove(&id) {
            operation.write(id, out);
        }
    }

    /// A search was asked for: scope, aliases, base and filter.
    pub(super) fn search(&mut self, at: Timestamp, message: &Message<'_>, out: &mut dyn Emit) {
        let parts: Vec<_> = Element { tag: 0, content: message.content, rest: b"", announced: 0 }.children().take(8).collect();
        let search = self.find(at, message.id, out);
        let [base, scope, aliases, _, _, _, filter, ..] = &parts[..] else { return };
        search.base = some(base.content);
        search.scope = Some(names::scope(scope.number()));
        search.aliases = Some(names::aliases(aliases.number()));
        search.filter = Some(filter::text(filter));
    }

    /// An entry was found.
    pub(super) fn entry(&mut self, at: Timestamp, id: i64, out: &mut dyn Emit) {
        self.find(at, id, out).entries += 1;
    }

    /// A search is over.
    pub(super) fn searched(&mut self, at: Timestamp, id: i64, outcome: Option<&Outcome<'_>>, out: &mut dyn Emit) {
        let search = self.find(at, id, out);
        if let Some(outcome) = outcome {
            search.result = Some(names::result(outcome.code));
            search.diagnostic = some(outcome.diagnostic);
        }
        if let Some(search) = self.searches.remove(&id) {
            search.write(id, out);
        }
    }

    /// Everything is over.
    pub(super) fn close(&mut self, out: &mut dyn Emit) {
        for (id, operation) in std::mem::take(&mut self.operations) {
            if id > 0 {
                operation.write(id, out);
            }
        }
        for (id, search) in std::mem::take(&mut self.searches) {
            if id > 0 {
                search.write(id, out);
            }
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        let text = |text: &Option<Box<[u8]>>| text.as_ref().map_or(0, |text| text.len());
        let operations =
            self.operations.values().map(|one| size_of::<Operation>() + text(&one.diagnostic) + text(&one.object) + text(&one.argument));
        let searches = self
            .searches
            .values()
            .map(|one| size_of::<Search>() + text(&one.base) + text(&one.diagnostic) + one.filter.as_ref().map_or(0, String::capacity));
        operations.sum::<usize>() + searches.sum::<usize>()
    }

    fn operation(&mut self, at: Timestamp, id: i64, out: &mut dyn Emit) -> &mut Operation {
        if self.operations.len() >= WAITING_MAX
            && !self.operations.contains_key(&id)
            && let Some((oldest, operation)) = self.operations.pop_first()
        {
            operation.write(oldest, out);
        }
        let new = || Operation { at, version: None, opcode: None, result: None, diagnostic: None, object: None, argument: None };
        self.operations.entry(id).or_insert_with(new)
    }

    fn find(&mut self, at: Timestamp, id: i64, out: &mut dyn Emit) -> &mut Search {
        if self.searches.len() >= WAITING_MAX
            && !self.searches.contains_key(&id)
            && let Some((oldest, search)) = self.searches.pop_first()
        {
            search.write(oldest, out);
        }
        let new = || Search { at, scope: None, aliases: None, base: None, entries: 0, result: None, diagnostic: None, filter: None };
        self.searches.entry(id).or_insert_with(new)
    }
}

impl Operation {
    fn write(self, id: i64, out: &mut dyn Emit) {
        let row =
            out.flow().event(&log::KIND, self.at).with(log::MESSAGE_ID, id).with(log::VERSION, self.version).with(log::OPCODE, self.opcode);
        let row = row.with(log::RESULT, self.result).with(log::DIAGNOSTIC, self.diagnostic).with(log::OBJECT, self.object);
        out.event(row.with(log::ARGUMENT, self.argument));
    }
}

impl Search {
    fn write(self, id: i64, out: &mut dyn Emit) {
        let row = out
            .flow()
            .event(&log::SEARCH, self.at)
            .with(log::SEARCH_ID, id)
            .with(log::SCOPE, self.scope)
            .with(log::DEREF_ALIASES, self.aliases);
        let row =
            row.with(log::BASE_OBJECT, self.base).with(log::RESULT_COUNT, Value::Count(self.entries)).with(log::SEARCH_RESULT, self.result);
        out.event(row.with(log::SEARCH_DIAGNOSTIC, self.diagnostic).with(log::FILTER, self.filter));
    }
}

fn some(text: &[u8]) -> Option<Box<[u8]>> {
    (!text.is_empty()).then(|| text[..text.len().min(TEXT_BYTES_MAX)].into())
}
