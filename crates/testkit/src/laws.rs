//! The laws that every protocol of the catalogue must keep (DESIGN.md section 4). A new row is tested from its first day:
//! with bytes that suit no protocol, and with its own dialogues where there are any.
//!
//! Each law returns the first breach that it finds, in words; [`check`] runs them all.

mod run;
mod schema;

pub use run::{Said, play};
pub use schema::{event_fits, kind_is_sound};

use crate::dialogue::{Dialogue, Piece};
use crate::dice::Dice;
use contract::{Heads, Protocol, Side, Transport, Verdict};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a law was broken.
pub type Breach = String;

/// How often a dialogue is mistreated at random, for each kind of mistreatment. Every commit runs this for every protocol.
const MISTREATMENTS: usize = 40;

/// How many times more bytes the long run of [`work_is_linear`] has than the short one.
const LONGER: usize = 16;

/// How much more time than in proportion the long run may take: a quadratic analyzer takes [`LONGER`] times more.
const TIME_SLACK: f64 = 5.0;

/// The bytes of the short run.
const SHORT_RUN_BYTES: usize = 16 * 1024;

/// Logs that belong to no protocol; anyone may write into them.
const ENGINES_OWN: [&str; 4] = ["analyzer", "notice", "tunnel", "weird"];

/// Protocols that read on behind a gap, or in a stream that did not begin as theirs, as Zeek does there: at the front of a packet. So
/// where packets begin is part of their input, and broken streams may give other events when they are cut otherwise. SMB looks for its
/// next message in that way; found anywhere in a packet, messages would come up that Zeek does not see.
pub const BOUND_TO_PACKETS: [&str; 1] = ["smb"];

/// Runs all laws over a protocol.
///
/// # Errors
/// For the first law that it breaks.
pub fn check(protocol: &dyn Protocol, dialogues: &[Dialogue]) -> Result<(), Breach> {
    for kind in protocol.kinds() {
        kind_is_sound(kind)?;
    }
    for dialogue in dialogues {
        check_dialogue(protocol, dialogue)?;
        if BOUND_TO_PACKETS.contains(&protocol.name()) {
            splits_do_not_matter(protocol, dialogue)?;
        }
    }
    for dialogue in strangers(protocol) {
        events_fit(protocol, &dialogue)?;
        splits_do_not_matter(protocol, &dialogue)?;
        probe_never_takes_back(protocol, &dialogue)?;
    }
    work_is_linear(protocol, dialogues)
}

/// The laws that a single dialogue can show, as [`check`] tries them; for dialogues by the thousand. Real ones may be broken, so that
/// [`BOUND_TO_PACKETS`] holds.
///
/// # Errors
/// For the first law that is broken.
pub fn check_dialogue(protocol: &dyn Protocol, dialogue: &Dialogue) -> Result<(), Breach> {
    events_fit(protocol, dialogue)?;
    if !BOUND_TO_PACKETS.contains(&protocol.name()) {
        splits_do_not_matter(protocol, dialogue)?;
    }
    probe_never_takes_back(protocol, dialogue)?;
    mistreatment_is_survived(protocol, dialogue)
}

/// Whether an engine would have this protocol read a dialogue: by its port, or by its content.
pub fn concerns(protocol: &dyn Protocol, dialogue: &Dialogue) -> bool {
    let ports = [dialogue.orig_port, dialogue.resp_port];
    let (orig, resp) = (dialogue.said(Side::Orig), dialogue.said(Side::Resp));
    let heads = Heads { transport: dialogue.transport, orig: &orig, resp: &resp, orig_port: ports[0], resp_port: ports[1] };
    protocol.transports().contains(&dialogue.transport)
        && (protocol.ports().iter().any(|(transport, port)| *transport == dialogue.transport && ports.contains(port))
            || protocol.probe(&heads) == Verdict::Yes)
}

/// Whatever the protocol writes fits the kinds that it says it writes.
///
/// # Errors
/// For the first event that does not.
pub fn events_fit(protocol: &dyn Protocol, dialogue: &Dialogue) -> Result<(), Breach> {
    for event in &guarded(protocol, dialogue, &dialogue.pieces)?.recorded.events {
        let name = event.kind().name;
        if !protocol.kinds().iter().any(|kind| kind.name == name) && !name.starts_with('_') && !ENGINES_OWN.contains(&name) {
            return Err(format!("{}: writes {name}, which its kinds() leave out", dialogue.name));
        }
        event_fits(event).map_err(|breach| format!("{}: {breach}", dialogue.name))?;
    }
    Ok(())
}

/// Any split of a stream into chunks gives the same events.
///
/// # Errors
/// With the first split that gives others.
pub fn splits_do_not_matter(protocol: &dyn Protocol, dialogue: &Dialogue) -> Result<(), Breach> {
    if dialogue.transport != Transport::Tcp {
        return Ok(());
    }
    let whole = guarded(protocol, dialogue, &merged(&dialogue.pieces))?;
    let mut dice = Dice::new(1);
    for attempt in 0..12 {
        let longest = [1, 2, 3, 7, 64, 1460].get(attempt).copied();
        let pieces = split(&dialogue.pieces, |left| longest.unwrap_or_else(|| 1 + dice.below(left)));
        let parts = guarded(protocol, dialogue, &pieces)?;
        if let Some(difference) = whole.difference(&parts) {
            let how = longest.map_or("at random".to_owned(), |bytes| format!("every {bytes} bytes"));
            return Err(format!("{}: {}: split {how}, it gives something else: {difference}", protocol.name(), dialogue.name));
        }
    }
    Ok(())
}

/// A probe that has said no never says yes when more bytes come, nor the other way round.
///
/// # Errors
/// With the place where it does.
pub fn probe_never_takes_back(protocol: &dyn Protocol, dialogue: &Dialogue) -> Result<(), Breach> {
    if dialogue.transport == Transport::Udp {
        return Ok(());
    }
    let (mut orig, mut resp, mut last) = (Vec::new(), Vec::new(), Verdict::Unsure);
    for (side, piece) in &dialogue.pieces {
        let Piece::Data(data) = piece else { break };
        for &byte in data.iter().take(300) {
            if *side == Side::Orig { &mut orig } else { &mut resp }.push(byte);
            let heads = Heads {
                transport: dialogue.transport,
                orig: &orig,
                resp: &resp,
                orig_port: dialogue.orig_port,
                resp_port: dialogue.resp_port,
            };
            let verdict = catch_unwind(AssertUnwindSafe(|| protocol.probe(&heads))).map_err(|_| {
                format!("{}: {}: the probe panics after {} + {} bytes", protocol.name(), dialogue.name, orig.len(), resp.len())
            })?;
            if last != Verdict::Unsure && verdict != last {
                return Err(format!(
                    "{}: {}: after {} + {} bytes the probe changes from {last:?} to {verdict:?}",
                    protocol.name(),
                    dialogue.name,
                    orig.len(),
                    resp.len()
                ));
            }
            last = verdict;
        }
    }
    Ok(())
}

/// Truncation, gaps, early ends, changed bytes, exchanged sides and mixed-up order: no panic, and memory within the limit.
///
/// # Errors
/// With the first mistreatment that is not survived.
pub fn mistreatment_is_survived(protocol: &dyn Protocol, dialogue: &Dialogue) -> Result<(), Breach> {
    let mut dice = Dice::new(2);
    for _ in 0..MISTREATMENTS {
        for mistreat in [truncate, lose, change, exchange, shuffle, hurry] {
            let mut pieces = dialogue.pieces.clone();
            mistreat(&mut pieces, &mut dice);
            guarded(protocol, dialogue, &pieces)?;
        }
    }
    Ok(())
}

/// Twice the input costs about twice the work, at most. Instructions cannot be counted everywhere, so that this measures
/// processor time, between inputs so different in length that noise does not matter.
///
/// # Errors
/// With the input that costs more.
pub fn work_is_linear(protocol: &dyn Protocol, dialogues: &[Dialogue]) -> Result<(), Breach> {
    for &transport in protocol.transports() {
        let own = dialogues.iter().filter(|dialogue| dialogue.transport == transport).take(2);
        let patterns = [b"A".to_vec(), b"\0".to_vec(), b"a\r\n".to_vec()];
        let foreign = patterns.into_iter().map(|pattern| stranger(protocol, transport, "repeated bytes", pattern));
        for dialogue in own.cloned().chain(foreign) {
            let time = |bytes| {
                let pieces = repeated(&dialogue, bytes);
                elapsed(|| drop(play(protocol, &dialogue, &pieces)))
            };
            // The best of several, since a busy machine can only make it worse.
            let limit = LONGER as f64 * TIME_SLACK;
            let mut factor = f64::MAX;
            for _ in 0..8 {
                if factor > limit {
                    factor = factor.min(time(SHORT_RUN_BYTES * LONGER) / time(SHORT_RUN_BYTES).max(20e-6));
                }
            }
            if factor > limit {
                return Err(format!("{}: {}: {LONGER} times the input takes {factor:.0} times the time", protocol.name(), dialogue.name));
            }
        }
    }
    Ok(())
}

/// The processor time that some work takes, in seconds: that of this thread alone, so that what else the machine does matters little.
fn elapsed(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    };
    let start = now();
    work();
    now() - start
}

/// Plays pieces and turns a panic or too much memory into words.
fn guarded(protocol: &dyn Protocol, dialogue: &Dialogue, pieces: &[(Side, Piece)]) -> Result<Said, Breach> {
    let about = || format!("{}: {}", protocol.name(), dialogue.name);
    let said = catch_unwind(AssertUnwindSafe(|| play(protocol, dialogue, pieces)))
        .map_err(|_| format!("{}: panics on {}", about(), shown(pieces)))?;
    if said.held_bytes_most > protocol.held_bytes_max() {
        return Err(format!(
            "{}: holds {} bytes, more than its limit of {}, on {}",
            about(),
            said.held_bytes_most,
            protocol.held_bytes_max(),
            shown(pieces)
        ));
    }
    Ok(said)
}

/// Pieces for a message: the beginning of what would be a dialogue's text.
fn shown(pieces: &[(Side, Piece)]) -> String {
    let mut text = String::new();
    for (side, piece) in pieces {
        text.push_str(if side.is_orig() { "\n>" } else { "\n<" });
        match piece {
            Piece::Data(data) => text.push_str(&format!(" {}", data.escape_ascii())),
            Piece::Gap(bytes) => text.push_str(&format!("gap {bytes}")),
            Piece::End => text.push_str("end"),
        }
        if text.len() > 4000 {
            text.push_str(" …");
            break;
        }
    }
    text
}

/// Dialogues that suit no protocol, on each of its transports.
fn strangers(protocol: &dyn Protocol) -> Vec<Dialogue> {
    let mut dice = Dice::new(3);
    let mut all = Vec::new();
    for &transport in protocol.transports() {
        for length in [0, 1, 2, 3, 5, 12, 40, 300, 3000] {
            all.push(stranger(protocol, transport, "random bytes", dice.bytes(length)));
        }
        for same in [b"\0", b"\xff", b"A", b"\n", b"\r", b" ", b"0", b"{", b"\x16", b"\x30"] {
            all.push(stranger(protocol, transport, "the same byte", same.repeat(3000)));
        }
        all.push(stranger(protocol, transport, "empty lines", b"\r\n".repeat(2000)));
        all.push(stranger(protocol, transport, "a line without end", b"USER x ".repeat(6_000)));
    }
    all
}

/// Both sides say the same.
fn stranger(protocol: &dyn Protocol, transport: Transport, name: &str, data: Vec<u8>) -> Dialogue {
    let port = protocol.ports().iter().find(|(over, _)| *over == transport).map_or(9, |&(_, port)| port);
    Dialogue::new(name, transport, 40_000, port).say(Side::Orig, data.clone()).say(Side::Resp, data)
}

/// Data of one side that follows data of the same side becomes one piece.
fn merged(pieces: &[(Side, Piece)]) -> Vec<(Side, Piece)> {
    let mut all: Vec<(Side, Piece)> = Vec::new();
    for (side, piece) in pieces {
        match (all.last_mut(), piece) {
            (Some((last, Piece::Data(before))), Piece::Data(data)) if last == side => before.extend(data),
            _ => all.push((*side, piece.clone())),
        }
    }
    all
}

/// Cuts all data into chunks whose length `next` says, given how much is left.
fn split(pieces: &[(Side, Piece)], mut next: impl FnMut(usize) -> usize) -> Vec<(Side, Piece)> {
    let mut all = Vec::new();
    for (side, piece) in merged(pieces) {
        let Piece::Data(data) = piece else {
            all.push((side, piece));
            continue;
        };
        let mut rest = &data[..];
        while !rest.is_empty() {
            let (chunk, tail) = rest.split_at(next(rest.len()).clamp(1, rest.len()));
            all.push((side, Piece::Data(chunk.to_vec())));
            rest = tail;
        }
    }
    all
}

/// A dialogue said again and again until there are so many bytes, in small chunks.
fn repeated(dialogue: &Dialogue, bytes: usize) -> Vec<(Side, Piece)> {
    let (mut all, mut sum) = (Vec::new(), 0);
    let length: usize = Side::BOTH.iter().map(|&side| dialogue.said(side).len()).sum();
    while length > 0 && sum < bytes {
        all.extend(dialogue.pieces.iter().filter(|(_, piece)| matches!(piece, Piece::Data(_))).cloned());
        sum += length;
    }
    if dialogue.transport == Transport::Tcp { split(&all, |_| 11) } else { all }
}

/// What is mistreated.
type Pieces = Vec<(Side, Piece)>;

fn truncate(pieces: &mut Pieces, dice: &mut Dice) {
    pieces.truncate(1 + dice.below(pieces.len()));
    if let Some((_, Piece::Data(data))) = pieces.last_mut() {
        data.truncate(dice.below(data.len() + 1));
    }
}

/// Some bytes become a gap, which may be said to be longer than it was.
fn lose(pieces: &mut Pieces, dice: &mut Dice) {
    for _ in 0..1 + dice.below(2) {
        let at = dice.below(pieces.len());
        let Some((side, Piece::Data(data))) = pieces.get(at).cloned() else { continue };
        let from = dice.below(data.len() + 1);
        let to = from + dice.below(data.len() - from + 1);
        let gap = if dice.chance(100) { dice.roll() >> dice.below(64) } else { (to - from) as u64 };
        let parts = [Piece::Data(data[..from].to_vec()), Piece::Gap(gap.max(1)), Piece::Data(data[to..].to_vec())];
        pieces.splice(at..=at, parts.into_iter().map(|part| (side, part)));
    }
}

#[allow(clippy::ptr_arg, reason = "all mistreatments have one type")]
fn change(pieces: &mut Pieces, dice: &mut Dice) {
    let most = 1 + dice.below(5);
    for _ in 0..most {
        let at = dice.below(pieces.len());
        if let Some((_, Piece::Data(data))) = pieces.get_mut(at)
            && !data.is_empty()
        {
            let place = dice.below(data.len());
            data[place] = *dice.pick(&[0, 0xff, 0x7f, 0x80, b'\n', b' ', b'9', dice.clone().roll() as u8, data[place].wrapping_add(1)]);
        }
    }
}

#[allow(clippy::ptr_arg, reason = "all mistreatments have one type")]
fn exchange(pieces: &mut Pieces, dice: &mut Dice) {
    let from = dice.below(pieces.len());
    for (side, _) in pieces.iter_mut().skip(from) {
        *side = side.other();
    }
}

#[allow(clippy::ptr_arg, reason = "all mistreatments have one type")]
fn shuffle(pieces: &mut Pieces, dice: &mut Dice) {
    for _ in 0..1 + pieces.len() / 3 {
        let (a, b) = (dice.below(pieces.len()), dice.below(pieces.len()));
        if a < pieces.len() && b < pieces.len() {
            pieces.swap(a, b);
        }
    }
}

/// A side ends in the middle, and speaks on all the same.
fn hurry(pieces: &mut Pieces, dice: &mut Dice) {
    let at = dice.below(pieces.len() + 1);
    pieces.insert(at, (*dice.pick(&Side::BOTH), Piece::End));
}

#[cfg(test)]
mod tests;
