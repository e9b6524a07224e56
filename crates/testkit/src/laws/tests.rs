//! The laws must be able to fail: protocols that break one each.

use super::*;
use contract::{Analyzer, Chunk, Emit, FlowInfo, Next, Violation};
use model::{Column, Event, FLOW_KEYS, Kind, Timestamp, Type, field};

const KIND: Kind = Kind { name: "line", doc: "A line.", keys: FLOW_KEYS, fields: &[field("bytes", Type::COUNT, "bytes", "Its length.")] };
const BYTES: Column = KIND.column("bytes");

/// How a toy protocol, which counts the bytes of lines, misbehaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    CountsChunks,
    PanicsOnGap,
    KeepsAll,
    Rescans,
    WrongType,
}

struct Lines(Fault);

struct LinesAnalyzer {
    fault: Fault,
    line_bytes: [u64; 2],
    kept: Vec<u8>,
}

impl Protocol for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }
    fn held_bytes_max(&self) -> usize {
        if self.0 == Fault::KeepsAll { 100 } else { 1 << 30 }
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        if heads.orig.len() < 4 { Verdict::Unsure } else { Verdict::Yes }
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(LinesAnalyzer { fault: self.0, line_bytes: [0; 2], kept: Vec::new() })
    }
}

impl Analyzer for LinesAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                assert!(self.fault != Fault::PanicsOnGap, "a gap");
                return Ok(Next::Continue);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        if matches!(self.fault, Fault::KeepsAll | Fault::Rescans) {
            self.kept.extend(data);
        }
        if self.fault == Fault::Rescans {
            self.line_bytes[1] += u64::from(std::hint::black_box(&self.kept).contains(&1));
        }
        for &byte in data {
            self.line_bytes[side.index()] += 1;
            if byte == b'\n' {
                let mut event = out.flow().event(&KIND, at);
                event.set(BYTES, if self.fault == Fault::CountsChunks { data.len() as u64 } else { self.line_bytes[side.index()] });
                if self.fault == Fault::WrongType {
                    event.set(BYTES, "many");
                }
                out.event(event);
                self.line_bytes[side.index()] = 0;
            }
        }
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        self.kept.len()
    }
}

fn dialogue() -> Dialogue {
    Dialogue::new("two lines", Transport::Tcp, 1024, 9).say(Side::Orig, *b"hello\nwor").say(Side::Resp, *b"a\n").say(Side::Orig, *b"ld\n")
}

#[test]
fn an_innocent_protocol_keeps_the_laws() {
    assert_eq!(check(&Lines(Fault::None), &[dialogue()]), Ok(()));
}

#[test]
fn each_fault_is_found() {
    let breach = |fault, word: &str| {
        let breach = check(&Lines(fault), &[dialogue()]).expect_err("the fault goes unseen");
        assert!(breach.contains(word), "{breach}");
    };
    breach(Fault::CountsChunks, "split");
    breach(Fault::PanicsOnGap, "panics");
    breach(Fault::KeepsAll, "holds");
    breach(Fault::WrongType, "should be count");
}

#[test]
fn quadratic_work_is_found() {
    assert!(work_is_linear(&Lines(Fault::Rescans), &[]).expect_err("quadratic").contains("times the time"));
}

#[test]
fn unsound_kinds_are_found() {
    let sound = |column| kind_is_sound(&Kind { name: "x", doc: "A thing.", keys: FLOW_KEYS, fields: Box::leak(Box::new([column])) });
    assert_eq!(sound(field("n", Type::COUNT, "", "A number.")), Ok(()));
    assert!(sound(field("uid", Type::COUNT, "", "A number.")).is_err());
    assert!(sound(field("n", Type::INTERVAL, "", "A time.")).is_err());
    assert!(sound(field("n", Type::STRING, "s", "A name.")).is_err());
    assert!(sound(field("n", Type::STRING, "", "A name")).is_err());
    let event = Event::new(&KIND, Timestamp::from_secs(1));
    assert_eq!(event_fits(&event), Ok(()));
    assert!(event_fits(&event.with(BYTES, 1i64)).is_err());
}
