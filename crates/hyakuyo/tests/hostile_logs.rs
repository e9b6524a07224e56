//! Logs that are written to do harm: lines of a megabyte, bytes that are no text, NULs, newlines and escapes for terminals inside of
//! what clients said. Nothing of it may end the program, and nothing may reach a terminal, a log or a report as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What an attacker writes into a name, a path or an agent: a coloured line, a window's title, a bell, a NUL, a C1 control, a bidirectional
/// override, a tag of HTML, bytes that are no UTF-8.
const POISON: &[u8] = b"x\x1b[31mroot\x1b]0;owned\x07\x00\xc2\x9b2J\xe2\x80\xaegpj.exe<script>alert(1)</script>\xff\xfe\r\x08\x7f";

fn lines() -> Vec<u8> {
    let mut text = Vec::new();
    let mut line = |before: &[u8], behind: &[u8]| text.extend([before, POISON, behind, b"\n"].concat());
    for _ in 0..60 {
        line(b"10.0.0.5 - ", b" [26/Oct/2006:09:42:48 +0000] \"GET / HTTP/1.1\" 200 7 \"-\" \"a\"");
        line(b"10.0.0.5 - - [26/Oct/2006:09:42:48 +0000] \"GET /", b" HTTP/1.1\" 200 7 \"-\" \"a\"");
        line(b"10.0.0.5 - - [26/Oct/2006:09:42:48 +0000] \"GET / HTTP/1.1\" 200 7 \"-\" \"", b"\"");
        line(b"Oct 26 09:42:48 gate sshd[7]: Failed password for invalid user ", b" from 203.0.113.7 port 4242 ssh2");
        line(b"Oct 26 09:42:48 ", b" sshd[7]: Failed password for root from 203.0.113.7 port 4242 ssh2");
        line(b"Oct 26 09:42:48 gate named[7]: client 10.0.0.5#1036: query: ", b".example IN A + (10.0.0.53)");
        line(b"Oct 26 09:42:48 gate kernel: ", b" DROP IN=eth0 OUT= SRC=203.0.113.7 DST=10.0.0.5 LEN=60 PROTO=TCP SPT=1 DPT=2");
        line(b"Oct 26 09:42:48 gate %ASA-6-605004: Login denied from 203.0.113.7/1036 to inside:10.0.0.1/ssh for user \"", b"\"");
        line(b"1161855768.000 7 10.0.0.5 TCP_MISS/200 7 GET http://a.example/", b" - DIRECT/203.0.113.9 text/html");
        line(
            b"Oct 26 09:42:48 gate postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.7]: 550 no; from=<",
            b"> to=<b@c.example>",
        );
        line(b"date=2006-10-26 time=09:42:48 devid=\"FG\" logid=\"1\" type=\"event\" subtype=\"vpn\" action=\"ssl-login-fail\" remip=203.0.113.7 user=\"", b"\"");
        line(b"Oct 26 09:42:48 gate ", b" what no format knows");
        line(b"", b"");
    }
    // JSON brings in whatever its escapes say.
    let json = "{\"ts\":1161855768.0,\"msg\":\"Failed login for user \\u001b[31mx\\u0007\\nOct 26 09:42:48 forged line\\u0000\\u202e from 203.0.113.7\",\"remote_ip\":\"203.0.113.7\",\"user\":\"a\\u001b]0;b\\u0007\\nc\"}\n";
    text.extend(json.repeat(60).as_bytes());
    // A megabyte without an end of line, of each kind of byte that formats look for.
    for byte in [b'x', b'=', b'"', b' ', b'%', b'[', b'{', b',', b'1', b':', 0, 0xff, b'\\'] {
        text.extend(b"Oct 26 09:42:48 gate sshd[7]: ");
        text.extend(vec![byte; 1 << 20]);
        text.push(b'\n');
    }
    text
}

/// What of a text would act on a terminal: controls but the end of a line and a tab, C1 controls, and overrides of direction, which logs keep as
/// all valid text, as Zeek's do.
fn acting(text: &[u8], of_log: bool) -> Option<String> {
    let shown = |at: usize| String::from_utf8_lossy(&text[at.saturating_sub(60)..(at + 20).min(text.len())]).into_owned();
    let control = text.iter().position(|byte| (*byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || *byte == 0x7f);
    let pairs = text.windows(2).position(|pair| pair[0] == 0xc2 && (0x80..0xa0).contains(&pair[1]));
    let turns = text.windows(3).position(|three| !of_log && three == b"\xe2\x80\xae");
    control.or(pairs).or(turns).map(|at| format!("at {at}: {:?}", shown(at)))
}

fn run(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_hyakuyo")).args(arguments).current_dir(folder).output().expect("the program runs");
    assert!(output.status.success(), "hyakuyo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let all = [output.stdout, output.stderr].concat();
    assert!(!all.windows(8).any(|part| part == b"panicked"), "hyakuyo {arguments:?} panicked");
    if let Some(found) = acting(&all, false) {
        panic!("hyakuyo {arguments:?} lets through {found}");
    }
    all
}

#[test]
fn nothing_of_a_hostile_log_reaches_a_terminal_a_log_or_a_report() {
    let folder = Folder(std::env::temp_dir().join(format!("hyakuyo-hostile-{}", std::process::id())));
    let _ = fs::remove_dir_all(&folder.0);
    fs::create_dir_all(&folder.0).expect("a temporary folder");
    fs::write(folder.0.join("hostile.log"), lines()).expect("the log is written");
    run(&folder.0, &["formats", "hostile.log"]);
    run(&folder.0, &["formats", "--json", "hostile.log"]);
    run(&folder.0, &["read", "-o", "tsv", "hostile.log"]);
    run(&folder.0, &["read", "-o", "json", "--format", "json", "--json", "hostile.log"]);
    run(&folder.0, &["find", "203.0.113.7", "tsv"]);
    run(&folder.0, &["report", "-o", "report.html", "tsv"]);
    let report = fs::read(folder.0.join("report.html")).expect("the report");
    assert!(!report.windows(16).any(|part| part == b"<script>alert(1)"), "the report runs what a client said");
    for place in ["tsv", "json"] {
        for entry in fs::read_dir(folder.0.join(place)).expect("the logs").flatten() {
            let text = fs::read(entry.path()).expect("a log");
            let name = format!("{place}/{}", entry.file_name().to_string_lossy());
            assert!(!text.windows(6).any(|part| part == b"\nOct 26"), "{name}: a forged line stands on its own");
            if let Some(found) = acting(&text, !name.ends_with("story.json")) {
                panic!("{name} holds {found}");
            }
        }
    }
}
