//! The whole program on the made-up office: what the story plants, the logs show; and the number of workers changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for one test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-office-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn hyakuyo(folder: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_hyakuyo")).args(arguments).current_dir(folder).output().expect("the program runs");
    assert!(output.status.success(), "hyakuyo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The rows of a log, as columns by name.
fn rows(log: &Path, columns: &[&str]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    let names: Vec<&str> = text.lines().find_map(|line| line.strip_prefix("#fields\t")).unwrap_or_default().split('\t').collect();
    let places: Vec<_> = columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
    let cell = |cells: &[&str], place: Option<usize>| place.and_then(|at| cells.get(at)).map_or(String::new(), |cell| (*cell).to_owned());
    let lines = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect::<Vec<_>>());
    lines.map(|cells| places.iter().map(|place| cell(&cells, *place)).collect()).collect()
}

#[test]
fn the_story_is_in_the_logs() {
    let folder = Folder::new("story");
    hyakuyo(&folder.0, &["demo-capture", "office.pcap", "--seed", "7"]);
    hyakuyo(&folder.0, &["read", "office.pcap", "-o", "one", "--quiet", "--workers", "1"]);
    hyakuyo(&folder.0, &["read", "office.pcap", "-o", "three", "--quiet", "--workers", "3"]);
    let story = worlds::office(7).story;
    let log = |name: &str, columns: &[&str]| rows(&folder.0.join("one").join(name), columns);

    let files = log("files.log", &["mime_type", "seen_bytes", "missing_bytes", "filename"]);
    let program = files.iter().find(|row| row[0] == "application/x-dosexec").expect("the program is a file");
    assert_eq!(program[1..], [story.program.len().to_string(), "0".into(), "invoice_0412.exe".into()]);
    assert_eq!(log("pe.log", &["machine", "subsystem"]), [["I386", "WINDOWS_GUI"]]);

    let reports = log("http.log", &["method", "host", "uri", "id.orig_h"]);
    let reports = reports.iter().filter(|row| row[0] == "POST" && row[1] == story.gate.1 && row[2] == story.gate.2).count();
    assert!((40..60).contains(&reports), "{reports} reports in three quarters of an hour");

    let joined = log("irc.log", &["id.resp_h", "id.resp_p", "command", "value"]);
    let (addr, port, channel) = story.orders;
    assert!(joined.contains(&vec![addr.to_string(), port.to_string(), "JOIN".into(), channel.into()]), "{joined:?}");

    let conns = log("conn.log", &["id.orig_h", "id.resp_p", "conn_state"]);
    let knocks = conns.iter().filter(|row| row[0] == story.victim.to_string() && row[1] == "445" && row[2] != "SF").count();
    assert!(knocks > 100, "{knocks} knocks at port 445");
    for (name, least) in
        [("dhcp.log", 8), ("dns.log", 200), ("ntp.log", 40), ("smtp.log", 5), ("ssh.log", 2), ("ssl.log", 30), ("x509.log", 2)]
    {
        let count = log(name, &["ts"]).len();
        assert!(count >= least, "{name} has {count} rows");
    }
    // Real stacks give nothing to wonder at, and neither may these.
    assert_eq!(log("weird.log", &["name"]), Vec::<Vec<String>>::new());

    for entry in fs::read_dir(folder.0.join("one")).expect("logs").flatten() {
        let other = folder.0.join("three").join(entry.file_name());
        assert!(fs::read(entry.path()).ok() == fs::read(other).ok(), "{:?} depends on the number of workers", entry.file_name());
    }
}
