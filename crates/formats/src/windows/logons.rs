//! Events that tell of logons.

use super::message::Message;
use super::rows::{Writer, writer};
use crate::rows::Logon;
use crate::text::addr;
use model::{Event, Timestamp};

/// Windows' logon types, by number.
const TYPES: &[(u64, &str)] = &[
    (2, "interactive"),
    (3, "network"),
    (4, "batch"),
    (5, "service"),
    (7, "unlock"),
    (8, "network_cleartext"),
    (9, "new_credentials"),
    (10, "remote_interactive"),
    (11, "cached_interactive"),
];

/// Why a logon was refused: NTSTATUS, and the numbers of RFC 4120.
const REASONS: &[(&str, &str)] = &[
    ("0xc000006a", "wrong password"),
    ("0xc0000064", "no such user"),
    ("0xc000006d", "wrong user or password"),
    ("0xc000006e", "account restriction"),
    ("0xc000006f", "outside of the hours"),
    ("0xc0000070", "not from this workstation"),
    ("0xc0000071", "password expired"),
    ("0xc0000072", "account disabled"),
    ("0xc0000133", "clocks differ"),
    ("0xc000015b", "logon type not granted"),
    ("0xc0000193", "account expired"),
    ("0xc0000224", "password must change"),
    ("0xc0000234", "account locked"),
    ("0x6", "no such user"),
    ("0x7", "no such service"),
    ("0xc", "policy"),
    ("0x12", "account disabled or locked"),
    ("0x17", "password expired"),
    ("0x18", "wrong password"),
    ("0x25", "clocks differ"),
];

/// The rows of `logon` that an event tells.
pub(super) fn rows(message: &Message<'_>, at: Timestamp, out: &mut dyn FnMut(Event)) {
    let row = match (writer(message), message.id) {
        (Writer::Security, _) => security(message),
        (_, 21 | 25 | 23 | 24) if message.provider == "Microsoft-Windows-TerminalServices-LocalSessionManager" => terminal(message),
        _ => None,
    };
    if let Some(row) = row {
        out(row.row(at, message.computer.as_bytes()));
    }
}

fn security<'m>(message: &'m Message<'_>) -> Option<Logon<'m>> {
    let port = message.number("IpPort").and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    let source = (addr(message.get("IpAddress").as_bytes()), port);
    let method =
        message.number("LogonType").and_then(|number| TYPES.iter().find(|(known, _)| *known == number)).map_or("", |(_, name)| name);
    let user = message.get("TargetUserName").as_bytes();
    let windows = Logon { service: "windows", user, source, action: "logon", success: None, method: method.as_bytes(), reason: b"" };
    let kerberos = Logon { service: "kerberos", ..windows };
    let refused = |logon: Logon<'m>, names: &[&str]| {
        let code = names.iter().map(|name| message.get(name)).find(|code| !code.is_empty() && *code != "0x0").unwrap_or_default();
        Logon { success: Some(code.is_empty()), reason: reason(code), ..logon }
    };
    Some(match message.id {
        4624 => Logon { success: Some(true), ..windows },
        4625 => Logon { success: Some(false), ..refused(windows, &["SubStatus", "Status"]) },
        4634 | 4647 | 4779 => Logon { action: "logoff", ..windows },
        4648 => Logon { method: b"explicit", ..windows },
        4778 => Logon { success: Some(true), user: message.get("AccountName").as_bytes(), method: b"reconnect", ..windows },
        4768 => Logon { method: b"ticket granting", ..refused(kerberos, &["Status"]) },
        4769 => Logon { method: b"service ticket", ..refused(kerberos, &["Status"]) },
        4771 => Logon { success: Some(false), method: b"preauthentication", ..refused(kerberos, &["Status", "FailureCode"]) },
        4776 => Logon { service: "ntlm", ..refused(windows, &["Status"]) },
        _ => return None,
    })
}

fn terminal<'m>(message: &'m Message<'_>) -> Option<Logon<'m>> {
    let source = (addr(message.get("Address").as_bytes()), 0);
    let (action, success) = if matches!(message.id, 21 | 25) { ("logon", Some(true)) } else { ("logoff", None) };
    let user = message.get("User").as_bytes();
    Some(Logon { service: "rdp", user, source, action, success, method: b"", reason: b"" })
}

fn reason(code: &str) -> &[u8] {
    let lower = code.to_ascii_lowercase();
    REASONS.iter().find(|(known, _)| *known == lower).map_or(code.as_bytes(), |(_, words)| words.as_bytes())
}
