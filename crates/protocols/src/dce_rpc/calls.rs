//! What is known of the calls of one connection: per pipe the binding, and the row of the call under way.
//!
//! One row per response. A row is kept per pipe and goes on from call to call, so that what the last call left (its
//! round-trip time, say) stays until the next one replaces it; that is Zeek's meaning of these columns.

use super::interfaces::{InterfaceId, endpoint, operation, usual_behind};
use super::log;
use contract::Emit;
use model::kinds::mark;
use model::{Interval, Timestamp};
use std::borrow::Cow;

/// Contexts remembered per binding: real clients use a handful.
const CONTEXTS_MAX: usize = 256;

/// Operations that say little and are frequent; they are not logged.
const DULL: &[(&str, &[&str])] = &[
    (
        "winreg",
        &[
            "BaseRegCloseKey",
            "BaseRegGetVersion",
            "BaseRegOpenKey",
            "BaseRegQueryValue",
            "BaseRegDeleteKeyEx",
            "OpenLocalMachine",
            "BaseRegEnumKey",
            "OpenClassesRoot",
        ],
    ),
    ("spoolss", &["RpcSplOpenPrinter", "RpcClosePrinter"]),
    ("wkssvc", &["NetrWkstaGetInfo"]),
];

#[derive(Debug)]
struct Binding {
    pipe_id: u64,
    contexts: Vec<(u16, InterfaceId)>,
    interface: Option<InterfaceId>,
    named_pipe: Option<Box<[u8]>>,
    asked: Timestamp,
    rtt: Option<Interval>,
    endpoint: Option<Cow<'static, str>>,
    operation: Option<Cow<'static, str>>,
}

/// The calls of one connection, over all its pipes.
#[derive(Debug, Default)]
pub struct Calls {
    bindings: Vec<Binding>,
    /// Whether something was said since the last response, so that the end of the connection has rows to write.
    pending: bool,
}

impl Calls {
    fn binding(&mut self, at: Timestamp, pipe_id: u64) -> &mut Binding {
        self.pending = true;
        let place = self.bindings.iter().position(|binding| binding.pipe_id == pipe_id);
        let place = place.unwrap_or_else(|| {
            self.bindings.push(Binding {
                pipe_id,
                contexts: Vec::new(),
                interface: None,
                named_pipe: None,
                asked: at,
                rtt: None,
                endpoint: None,
                operation: None,
            });
            self.bindings.len() - 1
        });
        let binding = &mut self.bindings[place];
        if let Some(interface) = binding.interface {
            binding.endpoint = Some(endpoint(interface));
        }
        binding
    }

    /// A context was bound to an interface.
    pub(crate) fn bound(&mut self, at: Timestamp, pipe_id: u64, context: u16, interface: InterfaceId) {
        let binding = self.binding(at, pipe_id);
        binding.interface = Some(interface);
        binding.endpoint = Some(endpoint(interface));
        if let Some(known) = binding.contexts.iter_mut().find(|(id, _)| *id == context) {
            known.1 = interface;
        } else if binding.contexts.len() < CONTEXTS_MAX {
            binding.contexts.push((context, interface));
        }
    }

    /// The server agreed, and said where it listens.
    pub fn agreed(&mut self, at: Timestamp, pipe_id: u64, address: &[u8]) {
        let binding = self.binding(at, pipe_id);
        if !address.is_empty() {
            binding.named_pipe = Some(address.into());
        }
    }

    /// A call.
    pub fn asked(&mut self, at: Timestamp, pipe_id: u64) {
        self.binding(at, pipe_id).asked = at;
    }

    /// Its answer; `opnum` is that of the last request in the same context.
    pub fn answered(&mut self, at: Timestamp, pipe_id: u64, context: u16, opnum: u16, out: &mut dyn Emit) {
        let binding = self.binding(at, pipe_id);
        binding.guess_interface();
        if let (Some(_), Some(interface)) = (&binding.endpoint, binding.interface) {
            binding.operation = Some(operation(interface, opnum));
            if binding.asked != at {
                binding.rtt = Some(at.since(binding.asked));
            }
        }
        if let Some((_, interface)) = binding.contexts.iter().find(|(id, _)| *id == context) {
            binding.endpoint = Some(endpoint(*interface));
            binding.operation = Some(operation(*interface, opnum));
        }
        binding.write(out);
        self.pending = false;
    }

    /// Its refusal: no row, since Zeek writes none, but a fact for whoever looks for attempts.
    pub(crate) fn refused(&self, at: Timestamp, pipe_id: u64, context: u16, opnum: u16, out: &mut dyn Emit) {
        let Some(binding) = self.bindings.iter().find(|binding| binding.pipe_id == pipe_id) else { return };
        let bound = binding.contexts.iter().find(|(id, _)| *id == context).map(|(_, interface)| *interface);
        let Some(interface) = bound.or(binding.interface) else { return };
        let text = format!("{} {}", endpoint(interface), operation(interface, opnum));
        let row = out.flow().event(&mark::KIND, at).with(mark::WHAT, "rpc_refused").with(mark::IS_ORIG, true);
        out.event(row.with(mark::TEXT, text));
    }

    /// The pipe was closed.
    pub fn forget(&mut self, pipe_id: u64) {
        self.bindings.retain(|binding| binding.pipe_id != pipe_id);
    }

    /// Too many pipes are open: all is forgotten.
    pub fn forget_all(&mut self) {
        self.bindings.clear();
    }

    /// The connection is over.
    pub fn close(&mut self, out: &mut dyn Emit) {
        if std::mem::take(&mut self.pending) {
            for binding in &mut self.bindings {
                if let Some(interface) = binding.interface {
                    binding.endpoint = Some(endpoint(interface));
                }
                binding.write(out);
            }
        }
        self.bindings.clear();
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.bindings.iter().map(|binding| size_of::<Binding>() + binding.contexts.capacity() * size_of::<(u16, InterfaceId)>()).sum()
    }
}

impl Binding {
    /// Where the binding was not seen, the pipe's name tells the interface.
    fn guess_interface(&mut self) {
        if self.endpoint.is_some() {
            return;
        }
        let Some(name) = self.named_pipe.as_deref().map(|name| String::from_utf8_lossy(name).to_lowercase()) else { return };
        let name = name.split("\\pipe\\").nth(1).unwrap_or(&name);
        self.interface = usual_behind(name).or(self.interface);
    }

    fn write(&self, out: &mut dyn Emit) {
        let (Some(endpoint), Some(operation)) = (&self.endpoint, &self.operation) else { return };
        let dull = DULL.iter().any(|(interface, names)| interface == endpoint && names.contains(&operation.as_ref()));
        if dull {
            return;
        }
        let mut row = out.flow().event(&log::KIND, self.asked);
        row.set(log::RTT, self.rtt);
        row.set(log::NAMED_PIPE, self.named_pipe.clone());
        row.set(log::ENDPOINT, text(endpoint.clone()));
        row.set(log::OPERATION, text(operation.clone()));
        out.event(row);
    }
}

fn text(name: Cow<'static, str>) -> model::Value {
    match name {
        Cow::Borrowed(name) => name.into(),
        Cow::Owned(name) => name.into(),
    }
}
