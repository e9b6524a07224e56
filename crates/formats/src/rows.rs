//! Rows in the making: flows as firewalls tell them.

use model::kinds::conn;
use model::{Addr, Event, Interval, Timestamp, Uid, Value};

/// A flow as a firewall tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow<'a> {
    /// When it began.
    pub(crate) at: Timestamp,
    /// `tcp`, `udp`, `icmp`, or another protocol's name.
    pub(crate) proto: &'static str,
    /// Who opened it: address, where it can be read, and port (for ICMP: the type).
    pub(crate) orig: (Option<Addr>, u16),
    /// To whom: address and port (for ICMP: the code).
    pub(crate) resp: (Option<Addr>, u16),
    /// The firewall's own number of it, or anything else that tells it from another flow of the same ends and time.
    pub(crate) number: &'a [u8],
}

impl Flow<'_> {
    /// The row of `conn.log` for it, with what is always known.
    pub(crate) fn row(&self) -> Event {
        let ports = [self.orig.1.to_be_bytes(), self.resp.1.to_be_bytes()].concat();
        let bytes = |addr: &Option<Addr>| addr.map_or([0; 16], |addr| *addr.octets());
        let at = self.at.nanos().to_be_bytes();
        let uid = Uid::connection(&[&bytes(&self.orig.0), &bytes(&self.resp.0), &ports, &at, self.number, self.proto.as_bytes()]);
        let mut row = Event::new(&conn::KIND, self.at).with(conn::PROTO, self.proto);
        let keys = [Value::Uid(uid), self.orig.0.into(), Value::Port(self.orig.1), self.resp.0.into(), Value::Port(self.resp.1)];
        row.cells_mut().iter_mut().skip(1).zip(keys).for_each(|(cell, key)| *cell = key);
        row.with(conn::LOCAL_ORIG, self.orig.0.map(|addr| addr.is_private()))
            .with(conn::LOCAL_RESP, self.resp.0.map(|addr| addr.is_private()))
    }

    /// A flow that a firewall let pass and that has ended.
    pub(crate) fn ended(&self, state: &'static str, duration: Interval, bytes: Option<u64>) -> Event {
        self.row()
            .with(conn::CONN_STATE, state)
            .with(conn::DURATION, duration)
            // A firewall counts both directions together; what the responder sent is by far the most of it.
            .with(conn::RESP_BYTES, bytes)
            .with(conn::ACTION, "allow")
    }

    /// A flow that a firewall refused.
    pub(crate) fn denied(&self) -> Event {
        self.row().with(conn::CONN_STATE, "S0").with(conn::ACTION, "deny").with(conn::ORIG_PKTS, 1_u64)
    }
}
