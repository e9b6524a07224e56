//! One flow of syslog: each datagram is a row.

use super::log;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Timestamp, Value};

/// The state of one flow: none.
#[derive(Debug, Default)]
pub(super) struct Syslog;

impl Analyzer for Syslog {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        let (facility, severity, text) = match priority(datagram) {
            Some((priority, text)) => (facility_name(priority >> 3), Value::from(SEVERITIES[usize::from(priority & 7)]), text),
            None => (Value::from(UNSPECIFIED), Value::from(UNSPECIFIED), datagram),
        };
        out.inspect("syslog.message", text);
        let row = out.flow().event(&log::KIND, at);
        out.event(row.with(log::PROTO, "udp").with(log::FACILITY, facility).with(log::SEVERITY, severity).with(log::MESSAGE, text));
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        0
    }
}

const UNSPECIFIED: &str = "UNSPECIFIED";

/// How many digits a priority has at most.
const DIGITS_MAX: usize = 3;

/// RFC 5424 section 6.2.1.
const SEVERITIES: [&str; 8] = ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"];

/// The priority in front of a message, and what follows it.
fn priority(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let rest = datagram.strip_prefix(b"<")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    let number = rest[..digits].iter().fold(0u16, |number, digit| number * 10 + u16::from(digit - b'0'));
    Some((number, rest[digits..].strip_prefix(b">")?))
}

fn facility_name(number: u16) -> Value {
    const NAMES: [&str; 24] = [
        "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP", "AUDIT", "ALERT",
        "CLOCK", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
    ];
    NAMES.get(usize::from(number)).map_or_else(|| Value::from(format!("?-{number}")), |name| Value::from(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Addr, Uid};

    fn check(datagram: &[u8], expected: [&str; 3]) {
        let mut out = Recorded::new(FlowInfo {
            uid: Uid::connection(&[b"syslog"]),
            orig: (Addr::v4([10, 0, 0, 1]), 514),
            resp: (Addr::v4([10, 0, 0, 2]), 514),
            transport: Transport::Udp,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        });
        assert!(Syslog.feed(Timestamp::from_secs(1), Side::Orig, Chunk::Data(datagram), &mut out).is_ok());
        let row = &out.events[0];
        let texts = [log::FACILITY, log::SEVERITY, log::MESSAGE]
            .map(|column| String::from_utf8_lossy(row.get(column).as_bytes().unwrap_or_default()).into_owned());
        assert_eq!(texts, expected);
    }

    #[test]
    fn priorities_are_facility_and_severity() {
        check(b"<34>su: failed", ["AUTH", "CRIT", "su: failed"]);
        check(b"<191>x", ["LOCAL7", "DEBUG", "x"]);
        check(b"<999>x", ["?-124", "DEBUG", "x"]);
    }

    #[test]
    fn messages_without_a_priority_are_kept() {
        for text in ["", "plain", "<>x", "<12x", "<1234>x", "<a>"] {
            check(text.as_bytes(), [UNSPECIFIED, UNSPECIFIED, text]);
        }
    }
}
