//! Zeek's logs as sources: TSV by its header, JSON by `_path` or the file's name.

mod stage;

use formats::{Counts, Reader, SourceAbout};
use model::Event;
use stage::{TestKinds, seen};

fn read(name: &str, text: &str) -> (Vec<Event>, Counts) {
    let mut reader = Reader::new(&SourceAbout { name: name.to_owned(), ..SourceAbout::default() }, &TestKinds);
    let mut events = Vec::new();
    reader.feed(text.as_bytes(), &mut |_, event| events.push(event));
    reader.finish(&mut |_, event| events.push(event));
    let counts = reader.counts();
    (events, counts)
}

const COLUMNS: [&str; 6] = ["ts", "uid", "id.orig_h", "id.resp_p", "query", "told_by"];

#[test]
fn tsv_says_its_log_in_its_header() {
    let text = "#separator \\x09\n#set_separator\t|\n#empty_field\t(none)\n#unset_field\t~\n#path\tdns\n#open\t2006-10-26-09-42-48\n\
                #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tanswers\n\
                #types\ttime\tstring\taddr\tport\taddr\tport\tstring\tvector[string]\n\
                1161855768.500000\tCHhAvVGS1DHFjwGM9\t10.0.0.5\t1036\t10.0.0.1\t53\ta.example\tb|c\n\
                1161855769.000000\tC1\t10.0.0.5\t1036\t10.0.0.1\t53\t~\t(none)\n\
                short\n#close\t2006-10-26-09-42-50\n";
    let (events, counts) = read("anything", text);
    let columns = ["ts", "uid", "id.orig_h", "id.resp_p", "query", "answers"];
    assert_eq!(
        seen(&events, "dns", &columns),
        ["1161855768.5 CHhAvVGS1DHFjwGM9 10.0.0.5 53 a.example b,c", "1161855769 C1 10.0.0.5 53 - "]
    );
    assert_eq!((counts.records, counts.formats.get("zeek"), counts.unread.len()), (3, Some(&2), 1));
}

#[test]
fn json_says_its_log_in_each_row_or_in_the_files_name() {
    let row = |path: &str| {
        format!(
            "{{{path}\"ts\":1161855768.5,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.5\",\"id.orig_p\":1036,\"id.resp_h\":\"10.0.0.1\",\"id.resp_p\":53,\"query\":\"a.example\"}}\n"
        )
    };
    let columns = &COLUMNS[..5];
    let expected = ["1161855768.5 C1 10.0.0.5 53 a.example"];
    assert_eq!(seen(&read("x", &row("\"_path\":\"dns\",")).0, "dns", columns), expected);
    for name in ["/a/dns.log", "dns.2020-10-12-10-00-00-11-00-00.log.gz"] {
        let (events, counts) = read(name, &row(""));
        assert_eq!((seen(&events, "dns", columns).as_slice(), counts.unread.len()), (&expected.map(str::to_owned)[..], 0), "{name}");
        assert_eq!(formats::recognised(name, row("").as_bytes()), (1, 1));
    }
    let (events, counts) = read("x", &row("\"_path\":\"loaded_scripts\","));
    assert_eq!((events.len(), counts.unread.len()), (0, 0));
    assert_eq!(read("x.txt", &row("")).1.formats.get("zeek"), None);
}

#[test]
fn a_flow_counts_from_when_it_had_ended() {
    let mut reader = Reader::new(&SourceAbout::default(), &TestKinds);
    let mut times = Vec::new();
    let text = "{\"_path\":\"conn\",\"ts\":1.0,\"duration\":9.0,\"id.orig_h\":\"10.0.0.5\"}\n";
    reader.feed(text.as_bytes(), &mut |at, event| times.push((at.nanos() / 1_000_000_000, event)));
    assert_eq!(times.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [10]);
    let told = times.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>();
    assert_eq!(seen(&told, "conn", &["id.orig_h", "told_by"]), ["10.0.0.5 zeek"]);
}
