//! How much one row may say: Zeek's limits on strings and lists, so that no row outgrows its readers.
//!
//! Whoever knows the time applies them before the row reaches a sink, and raises the weirds that [`Cut`] names (without a
//! connection, [`Cut::weirds`] with [`stream`] as their `addl`). Source: `Log::default_max_*` of Zeek 8.1 and later.

use model::{Event, Value};

/// Bytes of one string, in a list too.
pub const FIELD_STRING_BYTES: usize = 4_096;
/// Bytes of all strings of a row.
pub const TOTAL_STRING_BYTES: usize = 256_000;
/// Elements of one list.
pub const FIELD_ELEMENTS: usize = 100;
/// Elements of all lists of a row.
pub const TOTAL_ELEMENTS: usize = 500;
/// Elements of one list in `x509`, since certificates name many hosts.
pub const X509_FIELD_ELEMENTS: usize = 500;
/// Elements of all lists of a row of `x509`.
pub const X509_TOTAL_ELEMENTS: usize = 1_500;

/// What was cut from a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Some string lost its end.
    pub string: bool,
    /// Some list lost its last elements.
    pub list: bool,
}

impl Cut {
    /// The weirds to raise, by Zeek's names.
    pub fn weirds(self) -> impl Iterator<Item = &'static str> {
        let string = self.string.then_some("log_string_field_truncated");
        let list = self.list.then_some("log_container_field_truncated");
        string.into_iter().chain(list)
    }
}

/// Cuts a row down to the limits of its log; almost every row passes untouched and costs one look at each cell.
pub fn apply(event: &mut Event) -> Cut {
    let name = event.kind().name;
    let mut room = Room {
        string: if name == "http" { usize::MAX } else { FIELD_STRING_BYTES },
        strings: TOTAL_STRING_BYTES,
        list: if name == "x509" { X509_FIELD_ELEMENTS } else { FIELD_ELEMENTS },
        lists: if name == "x509" { X509_TOTAL_ELEMENTS } else { TOTAL_ELEMENTS },
        cut: Cut::default(),
    };
    for cell in event.cells_mut() {
        room.fit(cell);
    }
    room.cut
}

/// Zeek's name of the stream behind a log: the `addl` of the weirds.
pub fn stream(log: &str) -> String {
    /// Streams whose name is not simply the log's in upper case.
    const NAMED: &[(&str, &str)] = &[
        ("analyzer", "Analyzer::Logging::LOG"),
        ("capture_loss", "CaptureLoss::LOG"),
        ("conn", "Conn::LOG"),
        ("dce_rpc", "DCE_RPC::LOG"),
        ("files", "Files::LOG"),
        ("kerberos", "KRB::LOG"),
        ("known_certs", "Known::CERTS_LOG"),
        ("known_hosts", "Known::HOSTS_LOG"),
        ("known_services", "Known::SERVICES_LOG"),
        ("modbus", "Modbus::LOG"),
        ("mysql", "mysql::LOG"),
        ("notice", "Notice::LOG"),
        ("packet_filter", "PacketFilter::LOG"),
        ("smb_files", "SMB::FILES_LOG"),
        ("smb_mapping", "SMB::MAPPING_LOG"),
        ("software", "Software::LOG"),
        ("syslog", "Syslog::LOG"),
        ("tunnel", "Tunnel::LOG"),
        ("weird", "Weird::LOG"),
    ];
    match NAMED.iter().find(|(name, _)| *name == log) {
        Some((_, stream)) => (*stream).to_owned(),
        None => format!("{}::LOG", log.to_ascii_uppercase()),
    }
}

struct Room {
    string: usize,
    strings: usize,
    list: usize,
    lists: usize,
    cut: Cut,
}

impl Room {
    fn fit(&mut self, value: &mut Value) {
        match value {
            Value::Bytes(bytes) => {
                let most = self.string.min(self.strings);
                if bytes.len() > most {
                    *bytes = bytes[..most].into();
                    self.cut.string = true;
                }
                self.strings -= bytes.len();
            }
            Value::List(items) => {
                let most = self.list.min(self.lists);
                if items.len() > most {
                    let mut kept = std::mem::take(items).into_vec();
                    kept.truncate(most);
                    *items = kept.into();
                    self.cut.list = true;
                }
                self.lists -= items.len();
                items.iter_mut().for_each(|item| self.fit(item));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Timestamp, kinds::weird};

    fn row(addl: Value, source: Value) -> Event {
        Event::new(&weird::KIND, Timestamp::default()).with(weird::ADDL, addl).with(weird::SOURCE, source)
    }

    #[test]
    fn ordinary_rows_pass() {
        let mut event = row(Value::from(vec![b'a'; FIELD_STRING_BYTES]), Value::list(vec![1u64; FIELD_ELEMENTS]));
        let before = event.clone();
        assert_eq!(apply(&mut event), Cut::default());
        assert_eq!(event, before);
    }

    #[test]
    fn long_cells_are_cut_and_said() {
        let mut event = row(Value::from(vec![b'a'; FIELD_STRING_BYTES + 1]), Value::list(vec![1u64; FIELD_ELEMENTS + 1]));
        let cut = apply(&mut event);
        assert_eq!(cut.weirds().collect::<Vec<_>>(), ["log_string_field_truncated", "log_container_field_truncated"]);
        assert_eq!(event.get(weird::ADDL).as_bytes().map(<[u8]>::len), Some(FIELD_STRING_BYTES));
        assert_eq!(*event.get(weird::SOURCE), Value::list(vec![1u64; FIELD_ELEMENTS]));
    }

    #[test]
    fn a_row_is_limited_as_a_whole() {
        let wide = || Value::list(std::iter::repeat_with(|| vec![b'a'; FIELD_STRING_BYTES]).take(70));
        let mut event = row(wide(), Value::from(vec![b'b'; 10]));
        assert!(apply(&mut event).string);
        let Value::List(items) = event.get(weird::ADDL) else { panic!("a list stays a list") };
        let held: usize = items.iter().filter_map(Value::as_bytes).map(<[u8]>::len).sum();
        assert_eq!(held, TOTAL_STRING_BYTES);
        assert_eq!(event.get(weird::SOURCE).as_bytes(), Some(&b""[..]));
    }

    #[test]
    fn streams_have_zeeks_names() {
        assert_eq!(stream("smtp"), "SMTP::LOG");
        assert_eq!(stream("files"), "Files::LOG");
    }
}
