//! What the messages of a session say, taken up in one walk through their words: these are by far the most messages of a firewall.

use super::address::End;
use super::message::{digits, length};
use model::Interval;

/// What a message that builds or tears down a session says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) inbound: bool,
    pub(super) proto: Option<&'static str>,
    pub(super) number: Option<u64>,
    /// The outer end, which the message names first (`faddr`, `for`).
    pub(super) foreign: Option<End<'a>>,
    /// The inner one (`laddr`, `to`).
    pub(super) local: Option<End<'a>>,
    pub(super) duration: Interval,
    pub(super) bytes: Option<u64>,
    /// What follows the bytes.
    pub(super) reason: &'a [u8],
    /// Type and code of an ICMP message.
    pub(super) kind: Option<u16>,
    pub(super) code: Option<u16>,
}

impl<'a> Told<'a> {
    /// Reads a message's text.
    pub(super) fn of(text: &'a [u8]) -> Self {
        let (mut told, mut rest) = (Self::default(), text);
        while let Some(word) = next(&mut rest) {
            match word {
                b"inbound" | b"Inbound" => told.inbound = true,
                b"TCP" | b"tcp" => told.proto = Some("tcp"),
                b"UDP" | b"udp" => told.proto = Some("udp"),
                b"ICMP" | b"icmp" => told.proto = Some("icmp"),
                b"GRE" | b"gre" => told.proto = Some("gre"),
                b"connection" => {
                    told.number = digits(rest).map(|(number, behind)| {
                        rest = behind;
                        number
                    });
                }
                b"faddr" => told.foreign = next(&mut rest).and_then(End::of),
                b"laddr" => told.local = next(&mut rest).and_then(End::of),
                // `for faddr …` names no end yet; `from` is how a few messages say it.
                b"for" | b"from" if told.foreign.is_none() && !rest.starts_with(b"faddr ") => {
                    told.foreign = next(&mut rest).and_then(End::of)
                }
                b"to" if told.local.is_none() => told.local = next(&mut rest).and_then(End::of),
                b"duration" => told.duration = next(&mut rest).and_then(length).unwrap_or_default(),
                b"bytes" => {
                    told.reason = rest;
                    told.bytes = next(&mut rest).and_then(digits).map(|(bytes, _)| bytes);
                }
                b"type" => told.kind = small(next(&mut rest)),
                b"code" => told.code = small(next(&mut rest)),
                _ => {}
            }
        }
        told
    }

    /// The session's number; ICMP, and the UDP of S1, have none: their ends stand for it.
    pub(super) fn number(&self) -> Option<u64> {
        self.number.or_else(|| Some(pair_number(self.foreign?, self.local?)))
    }
}

fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let text = rest.trim_ascii_start();
    if text.is_empty() {
        return None;
    }
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    *rest = text.get(end + 1..).unwrap_or_default();
    Some(&text[..end])
}

fn small(word: Option<&[u8]>) -> Option<u16> {
    word.and_then(digits).and_then(|(number, _)| u16::try_from(number).ok())
}

fn pair_number(foreign: End<'_>, local: End<'_>) -> u64 {
    let ports = (u64::from(foreign.port) << 16) | u64::from(local.port);
    let hash = foreign
        .text
        .iter()
        .chain(b"|")
        .chain(local.text)
        .fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    hash ^ ports.rotate_left(32) | 1 << 63
}
