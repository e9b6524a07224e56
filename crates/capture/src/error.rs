//! Why a capture could not be opened, in one line that says what to do next.

use std::fmt;

/// A capture that could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    /// The file's name as it was given; `-` for standard input.
    pub file: String,
    /// What is in the way.
    pub why: Why,
}

/// What is in the way of opening a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No file was named.
    NoFiles,
    /// It does not exist.
    Missing,
    /// It may not be read, or reading fails; the system's words.
    Unreadable(String),
    /// It is a directory.
    Directory,
    /// It has no bytes.
    Empty,
    /// It ends inside the header.
    HeaderTruncated,
    /// It is text.
    Text,
    /// It is a capture or an archive of a kind that has to be converted first: what it is, and the command that does it.
    Convert {
        /// What it is.
        what: &'static str,
        /// How it becomes a capture that can be read.
        how: &'static str,
    },
    /// Its packing is broken from the start; the decompressor's words.
    Packing(String),
    /// It is something else.
    Unknown,
}

impl std::error::Error for OpenError {}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.file == "-" { "standard input" } else { &self.file };
        match &self.why {
            Why::NoFiles => f.write_str("no capture was named; name one or more files, or - for standard input"),
            Why::Missing => write!(f, "{name}: no such file; check the name and the folder"),
            Why::Unreadable(words) => write!(f, "{name}: cannot be read ({words}); check its permissions and the disk"),
            Why::Directory => write!(f, "{name}: is a folder; name the captures in it, for instance {}/*.pcap", name.trim_end_matches('/')),
            Why::Empty => write!(f, "{name}: is empty; check that the capture was written, and that its writer may see the interface"),
            Why::HeaderTruncated => write!(f, "{name}: ends inside the file header, so that it holds no frames; copy or capture it again"),
            Why::Text => {
                write!(f, "{name}: is a text file, not a capture; a capture is a pcap or pcapng file, as tcpdump -w and Wireshark write it")
            }
            Why::Convert { what, how } => write!(f, "{name}: is {what}; first make it a capture: {how}"),
            Why::Packing(words) => {
                write!(f, "{name}: cannot be unpacked ({words}); copy it again, or unpack it by hand to see how far it is whole")
            }
            Why::Unknown => write!(
                f,
                "{name}: is not a capture that is known (pcap or pcapng, also .gz and .zst); if Wireshark opens it: editcap -F pcapng IN OUT.pcapng"
            ),
        }
    }
}

/// How other tools' files begin (at an offset), what they are, and how they become captures. `editcap` is part of Wireshark.
const CONVERTIBLE: &[(usize, &[u8], &str, &str)] = &[
    (0, b"snoop\0\0\0", "a Solaris snoop capture", EDITCAP),
    (0, b"btsnoop\0", "a Bluetooth snoop capture", EDITCAP),
    (0, b"GMBU", "a Microsoft Network Monitor capture", EDITCAP),
    (0, b"RTSS", "a Microsoft Network Monitor 1 capture", EDITCAP),
    (0, b"TRSNIFF data    \x1a", "a Sniffer capture", EDITCAP),
    (0, b"XCP\0", "a NetXRay capture", EDITCAP),
    (0, b"iptrace ", "an AIX iptrace capture", EDITCAP),
    (0, b"ObserverPktBuffe", "a Network Instruments Observer capture", EDITCAP),
    (0, b"\x7fver", "a Peek (OmniPeek, AiroPeek) capture", EDITCAP),
    (0, b"\x05VNF", "a Visual Networks capture", EDITCAP),
    (0, b"\x54\x52\x00\x64\x00", "an HP-UX nettl trace", EDITCAP),
    (0, b"BZh", "packed with bzip2", "bzip2 -dc IN | hyakuyo read -"),
    (0, b"\xfd7zXZ\0", "packed with xz", "xz -dc IN | hyakuyo read -"),
    (0, b"\x04\x22\x4d\x18", "packed with lz4", "lz4 -dc IN | hyakuyo read -"),
    (0, b"PK\x03\x04", "a zip archive", "unzip -p IN | hyakuyo read -  (malware archives ask for a password: -P infected)"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so IN | hyakuyo read -"),
    (0, b"Rar!", "a rar archive", "unrar p -inul IN | hyakuyo read -"),
    (257, b"ustar", "a tar archive", "tar -xf IN"),
    (0, b"\x1f\x9d", "packed with compress", "zcat IN | hyakuyo read -"),
    (0, b"MDMP", "a Windows crash dump, which holds no packets", "capture again with Wireshark or pktmon"),
    (0, b"ElfFile\0", "a Windows event log", "it holds no packets; name a pcap or pcapng file instead"),
];

const EDITCAP: &str = "editcap -F pcapng IN OUT.pcapng";

/// What a file is that is not a capture, from its first bytes.
pub(crate) fn not_a_capture(head: &[u8]) -> Why {
    if head.is_empty() {
        return Why::Empty;
    }
    for &(at, magic, what, how) in CONVERTIBLE {
        if head.get(at..).is_some_and(|rest| rest.starts_with(magic)) {
            return Why::Convert { what, how };
        }
    }
    let text = head.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c))
        && std::str::from_utf8(cut_to_char(head)).is_ok();
    if text { Why::Text } else { Why::Unknown }
}

/// The head without the beginning of a UTF-8 character that its end may have cut.
fn cut_to_char(head: &[u8]) -> &[u8] {
    let tail = head.iter().rev().take(3).position(|&byte| byte >= 0xc0).map_or(0, |at| at + 1);
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..head.len() - tail],
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_named() {
        assert_eq!(not_a_capture(b""), Why::Empty);
        assert_eq!(not_a_capture("1 百葉箱\n".as_bytes()), Why::Text);
        assert_eq!(not_a_capture(&"百葉箱".as_bytes()[..8]), Why::Text);
        assert_eq!(not_a_capture(b"MZ\x90\0\x03"), Why::Unknown);
        assert!(matches!(not_a_capture(b"snoop\0\0\0\0\0\0\x02"), Why::Convert { how: EDITCAP, .. }));
    }

    #[test]
    fn every_error_is_one_line() {
        for why in [
            Why::NoFiles,
            Why::Missing,
            Why::Unreadable("no".into()),
            Why::Directory,
            Why::Empty,
            Why::HeaderTruncated,
            Why::Text,
            Why::Unknown,
        ] {
            let line = OpenError { file: "a.pcap".into(), why }.to_string();
            assert!(!line.contains('\n') && line.len() < 160, "{line}");
        }
    }
}
