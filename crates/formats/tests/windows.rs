//! Windows' events: the same event in every shape, what of it becomes which row, and EVTX files whole and broken.

mod stage;

use formats::{Reader, SourceAbout};
use model::{Event, Value};
use stage::{TestKinds, lines, seen};
use testkit::dice::Dice;

/// A service that was installed, in the shapes in which it may come.
const SHAPES: [&str; 6] = [
    r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Service Control Manager"}},"EventID":{"#attributes":{"Qualifiers":16384},"#text":7045},"Level":4,"TimeCreated":{"#attributes":{"SystemTime":"2006-10-26T09:42:48.5Z"}},"Channel":"System","Computer":"pc5.a.example","Security":{"#attributes":{"UserID":"S-1-5-18"}}},"EventData":{"ServiceName":"x","ImagePath":"C:\\a b.exe","StartType":"auto start"}}}"##,
    r##"{"Event":{"System":{"Provider":{"@Name":"Service Control Manager"},"EventID":"7045","Level":"4","TimeCreated":{"@SystemTime":"2006-10-26T09:42:48.5Z"},"Channel":"System","Computer":"pc5.a.example","Security":{"@UserID":"S-1-5-18"}},"EventData":{"Data":[{"@Name":"ServiceName","#text":"x"},{"@Name":"ImagePath","#text":"C:\\a b.exe"},{"@Name":"StartType","#text":"auto start"}]}}}"##,
    r##"{"@timestamp":"2006-10-26T09:42:48.5Z","log":{"level":"4"},"winlog":{"provider_name":"Service Control Manager","event_id":7045,"channel":"System","computer_name":"pc5.a.example","user":{"identifier":"S-1-5-18"},"event_data":{"ServiceName":"x","ImagePath":"C:\\a b.exe","StartType":"auto start"}}}"##,
    r##"{"@timestamp":"2006-10-26T09:42:48.5Z","source_name":"Service Control Manager","event_id":7045,"log_name":"System","level":"4","computer_name":"pc5.a.example","user":{"identifier":"S-1-5-18"},"event_data":{"ServiceName":"x","ImagePath":"C:\\a b.exe","StartType":"auto start"}}"##,
    r##"{"EventTime":"2006-10-26 09:42:48.5","Hostname":"pc5.a.example","EventID":7045,"SourceName":"Service Control Manager","Level":4,"Channel":"System","ServiceName":"x","ImagePath":"C:\\a b.exe","StartType":"auto start"}"##,
    r##"{"win":{"system":{"providerName":"Service Control Manager","eventID":"7045","level":"4","systemTime":"2006-10-26T09:42:48.5Z","channel":"System","computer":"pc5.a.example"},"eventdata":{"serviceName":"x","imagePath":"C:\\a b.exe","startType":"auto start"}}}"##,
];

#[test]
fn one_event_is_the_same_in_every_shape() {
    for shape in SHAPES {
        let (events, counts) = lines(&format!("{shape}\n"));
        assert!(counts.unread.is_empty(), "{shape}: {:?}", counts.unread);
        let columns = ["ts", "computer", "channel", "provider", "event_id", "level", "what", "action", "name", "path", "start", "data"];
        let expected = "1161855768.5 pc5.a.example System Service Control Manager 7045 4 service installed x C:\\a b.exe auto start \
                        ServiceName=x,ImagePath=C:\\a b.exe,StartType=auto start";
        assert_eq!(seen(&events, "service", &columns), [expected], "{shape}");
    }
}

/// An event of Sysmon or of the security log, flattened.
fn flat(provider: &str, id: u64, fields: &str) -> Vec<Event> {
    let line = format!(
        "{{\"@timestamp\":\"2006-10-26T09:42:48Z\",\"Computer\":\"PC5\",\"SourceName\":\"{provider}\",\"Channel\":\"c\",\"EventID\":{id}{fields}}}\n"
    );
    let (events, counts) = lines(&line);
    assert!(counts.unread.is_empty(), "{line}: {:?}", counts.unread);
    events
}

const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SECURITY: &str = "Microsoft-Windows-Security-Auditing";

#[test]
fn sysmons_events_fill_our_columns() {
    let fields = r##","Image":"C:\\a.exe","ProcessId":7,"CommandLine":"a -b","ParentImage":"C:\\p.exe","ParentProcessId":"6","User":"D\\u","Hashes":"MD5=0""##;
    let started = flat(SYSMON, 1, fields);
    let columns = ["action", "pid", "image", "command_line", "parent_pid", "parent_image", "user", "hashes"];
    assert_eq!(seen(&started, "process", &columns), ["created 7 C:\\a.exe a -b 6 C:\\p.exe D\\u MD5=0"]);
    let set = flat(SYSMON, 13, r##","TargetObject":"HKLM\\x\\Run\\y","Details":"C:\\a.exe","Image":"C:\\r.exe""##);
    assert_eq!(seen(&set, "registry", &["action", "key", "value", "image"]), ["set HKLM\\x\\Run\\y C:\\a.exe C:\\r.exe"]);
    let dropped = flat(SYSMON, 11, r##","TargetFilename":"C:\\x\\y.exe","Image":"C:\\r.exe""##);
    assert_eq!(seen(&dropped, "file_event", &["action", "path", "image"]), ["created C:\\x\\y.exe C:\\r.exe"]);
    let pipe = flat(SYSMON, 17, r##","PipeName":"\\x","Image":"C:\\r.exe""##);
    assert_eq!(seen(&pipe, "file_event", &["action", "path"]), ["pipe_created \\x"]);
}

#[test]
fn flows_and_questions_are_rows_of_those_logs_too() {
    let flow = r##","Protocol":"tcp","Initiated":"true","SourceIp":"10.0.0.5","SourcePort":1036,"DestinationIp":"203.0.113.9","DestinationPort":"443""##;
    let asked = r##","QueryName":"A.example","QueryStatus":"0","QueryResults":"type:  5 b.example;::ffff:203.0.113.9;""##;
    let mut text = String::new();
    for (id, fields) in [(3, flow), (22, asked)] {
        text += &format!(
            "{{\"@timestamp\":\"2006-10-26T09:42:48Z\",\"Computer\":\"PC5\",\"SourceName\":\"{SYSMON}\",\"EventID\":{id}{fields}}}\n"
        );
    }
    let (events, _) = lines(&text);
    let ends = ["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"];
    assert_eq!(seen(&events, "conn", &ends), ["10.0.0.5 1036 203.0.113.9 443 tcp"]);
    // The flow told the computer's address.
    let columns = ["id.orig_h", "query", "qtype_name", "rcode_name", "answers"];
    assert_eq!(seen(&events, "dns", &columns), ["10.0.0.5 a.example A NOERROR b.example,203.0.113.9"]);
    assert_eq!(seen(&events, "winevent", &["address", "event_id"]), ["10.0.0.5 3", "10.0.0.5 22"]);
    let refused = flat(
        SECURITY,
        5157,
        r##","Protocol":"6","SourceAddress":"10.0.0.5","SourcePort":"1036","DestAddress":"203.0.113.9","DestPort":"445""##,
    );
    assert_eq!(seen(&refused, "conn", &["id.resp_p", "action"]), ["445 deny"]);
}

#[test]
fn logons_tell_who_how_and_why_not() {
    let fields = r##","TargetUserName":"k","LogonType":"10","IpAddress":"::ffff:10.0.0.5","IpPort":"1036","SubStatus":"0xC000006A","Status":"0xc000006d""##;
    let columns = ["host", "service", "user", "source", "source_port", "action", "success", "method", "reason"];
    let failed = flat(SECURITY, 4625, fields);
    assert_eq!(seen(&failed, "logon", &columns), ["PC5 windows k 10.0.0.5 1036 logon F remote_interactive wrong password"]);
    assert_eq!(seen(&failed, "winevent", &["event_id"]), ["4625"]);
    let ticket = flat(SECURITY, 4768, r##","TargetUserName":"k","IpAddress":"10.0.0.5","Status":"0x6""##);
    assert_eq!(seen(&ticket, "logon", &columns), ["PC5 kerberos k 10.0.0.5 - logon F ticket granting no such user"]);
    let member = flat(
        SECURITY,
        4732,
        r##","MemberSid":"S-1-5-21-7","TargetUserName":"Administrators","SubjectUserName":"k","SubjectDomainName":"D""##,
    );
    assert_eq!(seen(&member, "account", &["action", "target", "group", "user"]), ["member_added S-1-5-21-7 Administrators D\\k"]);
}

#[test]
fn what_the_anti_virus_found_is_an_alert() {
    let found = flat(
        "Microsoft-Windows-Windows Defender",
        1116,
        r##","Threat Name":"Virus:DOS/EICAR","Category Name":"Virus","Action Name":"Quarantine""##,
    );
    assert_eq!(seen(&found, "alert", &["sensor", "signature", "category", "action"]), ["defender Virus:DOS/EICAR Virus Quarantine"]);
}

#[test]
fn other_objects_are_not_taken_for_windows() {
    for line in [r##"{"EventID":7,"x":1}"##, r##"{"winlog":{}}"##, r##"{"Event":{"EventID":1}}"##, r##"{"win":{"EventID":1}}"##] {
        let (events, counts) = lines(&format!("{line}\n"));
        assert_eq!((counts.unread.len(), seen(&events, "winevent", &[]).len()), (1, 0), "{line}");
    }
}

/// Elements of an EVTX record, as MS-EVEN6 writes them without a template.
struct Record {
    bytes: Vec<u8>,
    /// Where in its chunk the first byte stands: names are found by their place.
    from: usize,
}

impl Record {
    fn name(&mut self, name: &str) {
        let at = (self.from + self.bytes.len() + 4) as u32;
        self.bytes.extend_from_slice(&at.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 6]);
        self.text(name);
        self.bytes.extend_from_slice(&[0; 2]);
    }

    fn text(&mut self, text: &str) {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.bytes.extend_from_slice(&((units.len() / 2) as u16).to_le_bytes());
        self.bytes.extend_from_slice(&units);
    }

    /// An element with at most one attribute, and what is in it.
    fn element(&mut self, name: &str, attribute: Option<(&str, &str)>, inside: impl FnOnce(&mut Self)) {
        self.bytes.extend_from_slice(&[if attribute.is_some() { 0x41 } else { 0x01 }]);
        let size = self.hole();
        self.name(name);
        if let Some((name, value)) = attribute {
            let list = self.hole();
            self.bytes.push(0x06);
            self.name(name);
            self.bytes.extend_from_slice(&[0x05, 0x01]);
            self.text(value);
            self.fill(list);
        }
        self.bytes.push(0x02);
        inside(self);
        self.bytes.push(0x04);
        self.fill(size);
    }

    fn said(&mut self, name: &str, attribute: Option<(&str, &str)>, value: &str) {
        self.element(name, attribute, |record| {
            record.bytes.extend_from_slice(&[0x05, 0x01]);
            record.text(value);
        });
    }

    fn hole(&mut self) -> usize {
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.len()
    }

    fn fill(&mut self, hole: usize) {
        let size = (self.bytes.len() - hole) as u32;
        self.bytes[hole - 4..hole].copy_from_slice(&size.to_le_bytes());
    }
}

/// A file of one chunk with so many records of a service that was installed.
fn evtx(records: u64) -> Vec<u8> {
    let mut chunk = vec![0; 512];
    let mut last = 512;
    for number in 1..=records {
        last = chunk.len();
        let mut record = Record { bytes: vec![0x0f, 0x01, 0x01, 0x00], from: last + 24 };
        record.element("Event", None, |event| {
            event.element("System", None, |system| {
                system.said("Provider", Some(("Name", "Service Control Manager")), "");
                system.said("EventID", None, "7045");
                system.said("TimeCreated", Some(("SystemTime", "2006-10-26T09:42:48.5Z")), "");
                system.said("Channel", None, "System");
                system.said("Computer", None, "pc5");
            });
            event.element("EventData", None, |data| data.said("Data", Some(("Name", "ServiceName")), &format!("x{number}")));
        });
        record.bytes.push(0);
        let size = (24 + record.bytes.len() + 4) as u32;
        chunk.extend_from_slice(b"\x2a\x2a\0\0");
        chunk.extend_from_slice(&size.to_le_bytes());
        chunk.extend_from_slice(&number.to_le_bytes());
        chunk.extend_from_slice(&127_700_000_000_000_000_u64.to_le_bytes());
        chunk.extend_from_slice(&record.bytes);
        chunk.extend_from_slice(&size.to_le_bytes());
    }
    chunk[..8].copy_from_slice(b"ElfChnk\0");
    for (at, value) in [(8, 1), (16, records), (24, 1), (32, records)] {
        chunk[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let free = chunk.len() as u32;
    for (at, value) in [(40, 128), (44, last as u32), (48, free)] {
        chunk[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    chunk.resize(64 << 10, 0);
    let mut file = b"ElfFile\0".to_vec();
    file.resize(4_096, 0);
    [file, chunk].concat()
}

/// Reads bytes in pieces.
fn read(bytes: &[u8], piece: usize) -> (Vec<Event>, formats::Counts) {
    let mut reader = Reader::new(&SourceAbout::default(), &TestKinds);
    let mut events = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.feed(piece, &mut |_, event| events.push(event));
    }
    reader.finish(&mut |_, event| events.push(event));
    (events, reader.counts())
}

#[test]
fn a_file_of_windows_is_read_whole_in_any_pieces() {
    let file = evtx(3);
    assert_eq!(formats::recognised("x.evtx", &file), (1, 1));
    for piece in [1, 4_000, file.len()] {
        let (events, counts) = read(&file, piece);
        assert_eq!((counts.records, counts.cut, counts.unread.len()), (3, 0, 0), "{:?}", counts.unread);
        let columns = ["ts", "computer", "channel", "provider", "event_id", "name"];
        let row = "1161855768.5 pc5 System Service Control Manager 7045";
        assert_eq!(seen(&events, "service", &columns), ["x1", "x2", "x3"].map(|name| format!("{row} {name}")));
    }
}

#[test]
fn a_broken_file_is_read_as_far_as_it_goes() {
    let file = evtx(3);
    let third = file.windows(4).rposition(|bytes| bytes == b"\x2a\x2a\0\0").expect("records");
    let (events, _) = read(&file[..third + 40], 4_096);
    assert_eq!(seen(&events, "service", &["name"]), ["x1", "x2"]);
    let mut dice = Dice::new(7);
    for _ in 0..1_500 {
        let mut broken = file.clone();
        for _ in 0..1 + dice.below(8) {
            let place = if dice.below(4) == 0 { 4_096 + dice.below(512) } else { 4_096 + 512 + dice.below(3_000) };
            broken[place] = dice.below(256) as u8;
        }
        broken.truncate(4_096 + dice.below(64 << 10));
        let (events, counts) = read(&broken, broken.len().max(1));
        assert!(events.len() < 1_000 && counts.records < 1_000);
        assert!(events.iter().flat_map(Event::cells).all(|cell| !matches!(cell, Value::List(items) if items.len() > 256)));
    }
}
