//! DCE/RPC over TCP.

use super::calls::Calls;
use super::pipe::{Pipe, Shared};
use crate::gssapi::Security;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// One TCP connection in DCE/RPC.
#[derive(Debug)]
pub(crate) struct DceRpc {
    pipe: Pipe,
    calls: Calls,
    security: Security,
}

impl Default for DceRpc {
    fn default() -> Self {
        Self { pipe: Pipe::default(), calls: Calls::default(), security: Security::wary() }
    }
}

impl Analyzer for DceRpc {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(data) => {
                let mut shared = Shared { calls: &mut self.calls, security: &mut self.security };
                self.pipe.feed(at, side, data, &mut shared, out);
            }
            // Fragments can't be told apart behind a hole, in either direction.
            Chunk::Gap(_) => self.pipe.stop(),
            Chunk::End => {}
        }
        Ok(if self.pipe.is_stopped() { Next::Done } else { Next::Continue })
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.calls.close(out);
        self.security.close(at, out);
    }

    fn held_bytes(&self) -> usize {
        self.pipe.held_bytes() + self.calls.held_bytes() + self.security.held_bytes()
    }
}
