//! The names of interfaces and their operations, from `interfaces.txt`: read once, when the first call is seen.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// The UUID of an interface: as it stands on the wire, of which the first three fields are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InterfaceId(pub [u8; 16]);

impl fmt::Display for InterfaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        for (at, from) in ORDER.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[from])?;
        }
        Ok(())
    }
}

struct Interface {
    name: &'static str,
    operations: Vec<&'static str>,
}

/// The name of an interface, `unknown-<uuid>` where it has none.
pub(crate) fn endpoint(id: InterfaceId) -> std::borrow::Cow<'static, str> {
    table().get(id.to_string().as_str()).map_or_else(|| format!("unknown-{id}").into(), |interface| interface.name.into())
}

/// The name of an operation, `unknown-<number>` where it has none.
pub(crate) fn operation(id: InterfaceId, number: u16) -> std::borrow::Cow<'static, str> {
    let known = table().get(id.to_string().as_str()).and_then(|interface| interface.operations.get(usize::from(number)).copied());
    match known {
        None | Some("") => format!("unknown-{number}").into(),
        Some("!") => format!("Opnum{number}NotUsedOnWire").into(),
        Some(name) => name.into(),
    }
}

/// The interface that is usual behind a pipe, for captures that begin after the binding.
pub(crate) fn usual_behind(pipe: &str) -> Option<InterfaceId> {
    match pipe {
        "winreg" => Some(InterfaceId([0x01, 0xd0, 0x8c, 0x33, 0x44, 0x22, 0xf1, 0x31, 0xaa, 0xaa, 0x90, 0x00, 0x38, 0x00, 0x10, 0x03])),
        "spoolss" => Some(InterfaceId([0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab])),
        "srvsvc" => Some(InterfaceId([0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88])),
        _ => None,
    }
}

fn table() -> &'static HashMap<&'static str, Interface> {
    static TABLE: OnceLock<HashMap<&'static str, Interface>> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("interfaces.txt")))
}

fn read(text: &'static str) -> HashMap<&'static str, Interface> {
    let mut table = HashMap::new();
    let mut uuid = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(operations) = line.strip_prefix(' ') {
            if let Some(interface) = table.get_mut(uuid) {
                add(interface, operations);
            }
        } else if let Some((id, name)) = line.split_once(' ') {
            uuid = id;
            table.insert(id, Interface { name, operations: Vec::new() });
        }
    }
    table
}

fn add(interface: &mut Interface, names: &'static str) {
    for word in names.split(' ') {
        match word.strip_prefix('@').and_then(|number| number.parse().ok()) {
            Some(number) => interface.operations.resize(number, ""),
            None => interface.operations.push(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SRVSVC: InterfaceId =
        InterfaceId([0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88]);

    #[test]
    fn names_by_uuid_and_number() {
        assert_eq!(SRVSVC.to_string(), "4b324fc8-1670-01d3-1278-5a47bf6ee188");
        assert_eq!((endpoint(SRVSVC).as_ref(), operation(SRVSVC, 15).as_ref()), ("srvsvc", "NetrShareEnum"));
        assert_eq!((operation(SRVSVC, 54).as_ref(), operation(SRVSVC, 57).as_ref()), ("unknown-54", "NetrShareDelEx"));
        const DISPATCH: InterfaceId = InterfaceId([0, 4, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]);
        assert_eq!((endpoint(DISPATCH).as_ref(), operation(DISPATCH, 6).as_ref()), ("IDispatch", "Invoke"));
        const UNKNOWN: InterfaceId = InterfaceId([0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]);
        assert_eq!(operation(UNKNOWN, 2), "Opnum2NotUsedOnWire");
        assert_eq!(endpoint(InterfaceId([0; 16])), "unknown-00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn every_line_is_well_formed() {
        for (uuid, interface) in table() {
            assert!(uuid.len() == 36 && uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()), "{uuid}");
            assert!(!interface.name.is_empty() && interface.operations.iter().all(|name| !name.contains('@')), "{}", interface.name);
        }
        let samr = operation(InterfaceId([0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xac]), 64);
        assert_eq!(samr, "SamrConnect5");
        for pipe in ["winreg", "spoolss", "srvsvc"] {
            assert_eq!(endpoint(usual_behind(pipe).expect("a pipe of the table")), pipe);
        }
    }
}
