//! Every log format of the catalogue on any lines: no panic, memory within its limit, events that fit their kinds, and the same ones
//! however the stream of bytes is cut.
#![no_main]

use contract::Kinds;
use formats::{CATALOGUE, Calendar, Envelope, Reader, SourceAbout};
use hyakuyo_fuzz::Input;
use libfuzzer_sys::fuzz_target;
use model::{Event, Kind, Timestamp};
use testkit::laws::event_fits;

/// The protocols' kinds: formats write rows of them.
struct AllKinds;

impl Kinds for AllKinds {
    fn kind(&self, name: &str) -> Option<&'static Kind> {
        protocols::CATALOGUE.iter().flat_map(|row| row.kinds()).copied().find(|kind| kind.name == name)
    }
}

fn read(text: &[u8], piece: usize) -> Vec<Event> {
    let calendar = Calendar { latest: Timestamp::from_secs(1_162_339_200), ..Calendar::default() };
    let mut reader = Reader::new(&SourceAbout { name: "fuzz".to_owned(), calendar }, &AllKinds);
    let mut events = Vec::new();
    for piece in text.chunks(piece.max(1)) {
        reader.feed(piece, &mut |_, event| events.push(event));
    }
    reader.finish(&mut |_, event| events.push(event));
    events
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (which, how) = (usize::from(input.byte()) % CATALOGUE.len(), input.byte());
    let text = input.0;
    let whole = read(text, usize::MAX);
    for event in &whole {
        if let Err(breach) = event_fits(event) {
            panic!("{breach}");
        }
    }
    // Splitting reads twice: half of the inputs pay for it.
    if how & 1 == 1 {
        let cut = read(text, usize::from(how >> 1) + 1);
        assert!(format!("{whole:?}") == format!("{cut:?}"), "cut by {}: {whole:?} became {cut:?}", (how >> 1) + 1);
    }
    // One format alone, whatever it says of the records.
    let (mut envelope, mut decoder) = (Envelope::default(), CATALOGUE[which].open(&AllKinds));
    for line in text.split(|byte| *byte == b'\n') {
        let record = envelope.open(line);
        let _ = CATALOGUE[which].sniff(&record);
        let _ = decoder.decode(&record, &mut |event| {
            if let Err(breach) = event_fits(&event) {
                panic!("{breach}");
            }
        });
        assert!(decoder.held_bytes() <= CATALOGUE[which].held_bytes_max(), "{} holds {}", CATALOGUE[which].name(), decoder.held_bytes());
    }
});
