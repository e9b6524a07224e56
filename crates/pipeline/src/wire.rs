//! What a TCP connection carries, led to the flow's application layer.

use crate::app::App;
use crate::shared::Shared;
use crate::weird;
use contract::{Chunk, FlowInfo, Side};
use flow::tcp::Stream;
use model::Timestamp;
use model::kinds::{differing, established};

/// Leads what a TCP connection carries to the flow's application layer.
pub(crate) struct Wire<'a> {
    pub(crate) at: Timestamp,
    pub(crate) app: &'a mut App,
    pub(crate) info: &'a mut FlowInfo,
    pub(crate) shared: &'a mut Shared,
    pub(crate) established: bool,
}

impl Stream for Wire<'_> {
    fn data(&mut self, side: Side, bytes: &[u8]) {
        self.app.feed(self.at, side, Chunk::Data(bytes), self.info, self.shared);
    }

    fn gap(&mut self, side: Side, bytes: u64) {
        self.app.feed(self.at, side, Chunk::Gap(bytes), self.info, self.shared);
    }

    fn end(&mut self, side: Side) {
        self.app.feed(self.at, side, Chunk::End, self.info, self.shared);
    }

    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str) {
        self.shared.row(weird::of_flow(self.at, self.info, name, addl, source));
    }

    fn differing(&mut self, side: Side, first: &[u8], second: &[u8]) {
        let row = self.info.event(&differing::KIND, self.at).with(differing::IS_ORIG, side == Side::Orig);
        self.shared.row(row.with(differing::FIRST, first).with(differing::SECOND, second));
    }

    fn midstream(&mut self, is_missed: bool) {
        self.info.midstream = is_missed;
    }

    fn established(&mut self) {
        self.established = true;
        if self.info.orig.0.is_private() || self.info.resp.0.is_private() {
            self.shared.row(self.info.event(&established::KIND, self.at));
        }
    }

    fn flipped(&mut self) {
        std::mem::swap(&mut self.info.orig, &mut self.info.resp);
    }
}
