//! What the tests of formats share: a reader over text, and events as words.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use contract::Kinds;
use formats::{Calendar, Counts, Reader, SourceAbout};
use model::{Event, Kind, Timestamp, Value};

/// The kinds that a test needs: those of formats, and the protocols' as their tests name them.
pub(crate) struct TestKinds;

impl Kinds for TestKinds {
    fn kind(&self, name: &str) -> Option<&'static Kind> {
        let protocols = protocols::CATALOGUE.iter().flat_map(|row| row.kinds()).copied();
        protocols.chain([&model::kinds::conn::KIND]).find(|kind| kind.name == name)
    }
}

/// Reads lines as one source whose file was last written on 2006-11-01.
pub(crate) fn lines(text: &str) -> (Vec<Event>, Counts) {
    let calendar = Calendar { latest: Timestamp::from_secs(1_162_339_200), ..Calendar::default() };
    let mut reader = Reader::new(&SourceAbout { name: "test".to_owned(), calendar }, &TestKinds);
    let mut events = Vec::new();
    reader.feed(text.as_bytes(), &mut |_, event| events.push(event));
    reader.finish(&mut |_, event| events.push(event));
    let counts = reader.counts();
    (events, counts)
}

/// The cells of some columns of all events of a kind, as words.
pub(crate) fn seen(events: &[Event], kind: &str, columns: &[&str]) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event.kind().name == kind);
    of_kind.map(|event| columns.iter().map(|column| word(event, column)).collect::<Vec<_>>().join(" ")).collect()
}

fn word(event: &Event, column: &str) -> String {
    let column = event.kind().find(column).unwrap_or_else(|| panic!("no column {column} in {}", event.kind().name));
    shown(event.get(column))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Unset => "-".to_owned(),
        Value::Bool(flag) => if *flag { "T" } else { "F" }.to_owned(),
        Value::Count(number) => number.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Time(at) => (at.nanos() as f64 / 1e9).to_string(),
        Value::Interval(length) => length.secs_f64().to_string(),
        Value::Addr(addr) => addr.to_string(),
        Value::Port(port) => port.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Static(text) => (*text).to_owned(),
        Value::Uid(uid) => uid.to_string(),
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
    }
}
