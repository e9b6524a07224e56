//! What both dialects of SMB share in one connection: pipes with DCE/RPC in them, logons, records, file contents.

use super::bodies::Bodies;
use super::records::Records;
use crate::dce_rpc::{Calls, Pipe, Shared};
use crate::gssapi::Security;
use contract::{Emit, Side};
use model::Timestamp;
use std::collections::HashMap;

/// Pipes open at a time (Zeek's `max_dce_rpc_analyzers`).
const PIPES_MAX: usize = 1000;

/// Names that show a share to be one of pipes where its connection was not seen.
const PIPE_NAMES: [&str; 8] = ["spoolss", "winreg", "samr", "srvsvc", "netdfs", "lsarpc", "wkssvc", "MsFteWds"];

/// The state of one connection.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Shares, files, requests.
    pub(crate) records: Records,
    /// Contents.
    pub(crate) bodies: Bodies,
    /// Logons.
    pub(crate) security: Security,
    calls: Calls,
    pipes: HashMap<u64, Pipe>,
    pipe_trees: Vec<u32>,
}

impl Session {
    /// Whether a share is one of pipes.
    pub(crate) fn is_pipe(&self, tree: u32) -> bool {
        self.pipe_trees.contains(&tree)
    }

    /// A share is one of pipes.
    pub(crate) fn set_pipe(&mut self, tree: u32) {
        // A client has some dozens of trees; a peer that opens them without end must not fill the memory.
        const TREES_MAX: usize = 1000;
        if !self.is_pipe(tree) && self.pipe_trees.len() < TREES_MAX {
            self.pipe_trees.push(tree);
        }
    }

    /// A share was left.
    pub(crate) fn unset_pipe(&mut self, tree: u32) {
        self.pipe_trees.retain(|known| *known != tree);
    }

    /// A name that only pipes have shows what the share at hand is.
    pub(crate) fn guess_pipe(&mut self, tree: u32, name: &str) {
        if !self.is_pipe(tree) && PIPE_NAMES.contains(&name) {
            self.set_pipe(tree);
            self.records.guess_pipe();
        }
    }

    /// Bytes that went through a pipe.
    pub(crate) fn pipe(&mut self, at: Timestamp, side: Side, id: u64, data: &[u8], out: &mut dyn Emit) {
        if !self.pipes.contains_key(&id) && self.pipes.len() >= PIPES_MAX {
            self.pipes.clear();
            self.calls.forget_all();
            out.weird("SMB_discarded_dce_rpc_analyzers", "", "SMB");
        }
        let mut shared = Shared { calls: &mut self.calls, security: &mut self.security };
        self.pipes.entry(id).or_insert_with(|| Pipe::new(id)).feed(at, side, data, &mut shared, out);
    }

    /// A pipe was closed.
    pub(crate) fn close_pipe(&mut self, id: u64) {
        self.pipes.remove(&id);
        self.calls.forget(id);
    }

    /// A security token: NTLM may stand in the place of GSSAPI.
    pub(crate) fn token(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) {
        if token.len() < 8 {
            return;
        }
        if token.starts_with(b"NTLMSSP") {
            self.security.ntlm(at, token, out);
        } else {
            self.security.gssapi(at, token, out);
        }
    }

    /// The connection is over.
    pub(crate) fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.bodies.close(at, &mut self.records, out);
        self.calls.close(out);
        self.security.close(at, out);
        self.pipes.clear();
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        let pipes: usize = self.pipes.values().map(|pipe| size_of::<Pipe>() + pipe.held_bytes()).sum();
        self.records.held_bytes() + self.bodies.held_bytes() + self.security.held_bytes() + self.calls.held_bytes() + pipes
    }
}
