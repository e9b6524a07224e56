//! The catalogue of protocols, arranged for looking up: by transport, and by port.

use contract::{Protocol, Transport};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The catalogue in the forms that the engine asks for.
pub(crate) struct Catalogue {
    by_transport: [Vec<&'static dyn Protocol>; 3],
    by_port: HashMap<(Transport, u16), Vec<&'static dyn Protocol>>,
    by_name: HashMap<&'static str, &'static dyn Protocol>,
    server_ports: [Vec<bool>; 2],
}

/// The one catalogue.
pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::new(protocols::CATALOGUE))
}

impl Catalogue {
    fn new(rows: &[&'static dyn Protocol]) -> Self {
        let mut all = Self {
            by_transport: Default::default(),
            by_port: HashMap::new(),
            by_name: HashMap::new(),
            server_ports: [vec![false; 1 << 16], vec![false; 1 << 16]],
        };
        for &row in rows {
            for &transport in row.transports() {
                all.by_transport[transport as usize].push(row);
            }
            for &(transport, port) in row.ports() {
                all.by_port.entry((transport, port)).or_default().push(row);
                if let Some(ports) = all.server_ports.get_mut(transport as usize) {
                    ports[usize::from(port)] = true;
                }
            }
            all.by_name.insert(row.name(), row);
        }
        all
    }

    /// All protocols over a transport.
    pub(crate) fn over(&self, transport: Transport) -> &[&'static dyn Protocol] {
        &self.by_transport[transport as usize]
    }

    /// The protocols that are tried on a port without looking.
    pub(crate) fn on_port(&self, transport: Transport, port: u16) -> &[&'static dyn Protocol] {
        self.by_port.get(&(transport, port)).map_or(&[], Vec::as_slice)
    }

    /// The protocol of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&'static dyn Protocol> {
        self.by_name.get(name).copied()
    }

    /// Whether servers are to be expected on a port.
    pub(crate) fn is_server_port(&self, transport: Transport, port: u16) -> bool {
        self.server_ports.get(transport as usize).is_some_and(|ports| ports[usize::from(port)])
    }
}
