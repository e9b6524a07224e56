//! Each kind of error as a user sees it, and the example.

use super::*;
use std::collections::BTreeSet;

/// The beginning of a file that is good but for what follows.
const GOOD: &str = "[output]\nfolder = \"logs\"\n[[file]]\npath = \"a.log\"\n";

/// A text and what is said of it; the text follows [`GOOD`] where it does not say its own output.
const CASES: &[(Code, &str, &str)] = &[
    (
        Code::NotToml,
        "[output\n",
        r#"
w.toml:1:8: this is no TOML: unclosed table, expected `]` (not_toml)
  |
1 | [output
  |        ^ mend the line; texts stand in quotation marks
"#,
    ),
    (
        Code::UnknownSection,
        "[outptu]\n",
        r#"
w.toml:5:2: nothing is called "outptu" here (unknown_section)
  |
5 | [outptu]
  |  ^^^^^^ did you mean output?
"#,
    ),
    (
        Code::UnknownKey,
        "zoen = \"UTC\"\n[memory]\nwindow = \"1d\"\n",
        r#"
w.toml:5:1: [[file]] has no "zoen" (unknown_key)
  |
5 | zoen = "UTC"
  | ^^^^ did you mean zone?
w.toml:7:1: [memory] has no "window" (unknown_key)
  |
7 | window = "1d"
  | ^^^^^^ there are span
"#,
    ),
    (
        Code::WrongType,
        "[sandbox]\nenabled = \"yes\"\n[limits]\nsources = \"many\"\n[detectors]\nscan.hosts_min = \"many\"\n",
        r#"
w.toml:6:11: enabled is a string, not true or false (wrong_type)
  |
6 | enabled = "yes"
  |           ^^^^^ write enabled = true
w.toml:8:11: sources is a string, not a whole number (wrong_type)
  |
8 | sources = "many"
  |           ^^^^^^ write sources = 1
w.toml:10:18: a setting is a number (wrong_type)
   |
10 | scan.hosts_min = "many"
   |                  ^^^^^^ write hosts_min = 50
"#,
    ),
    (
        Code::NotATable,
        "[syslog]\nlisten = \"udp://0.0.0.0\"\n",
        r#"
w.toml:5:1: there may be several syslog (not_a_table)
  |
5 | [syslog]
  | ^^^^^^^^ begin each with a line [[syslog]], in double brackets
"#,
    ),
    (
        Code::Missing,
        "[[interface]]\nfilter = \"ip\"\n[notify.mail]\n",
        r#"
w.toml:5:1: [[interface]] has no name (missing)
  |
5 | [[interface]]
  | ^^^^^^^^^^^^^ add name = "eth0"; `ip link` lists them
w.toml:7:1: [notify.mail] has no to (missing)
  |
7 | [notify.mail]
  | ^^^^^^^^^^^^^ add to = ["security@example.org"]
"#,
    ),
    (
        Code::Empty,
        "[notify]\nsensor = \"\"\n",
        r#"
w.toml:6:10: sensor is empty (empty)
  |
6 | sensor = ""
  |          ^^ write something between the marks, or leave the line out
"#,
    ),
    (
        Code::NotOneOf,
        "from = \"begin\"\n[notify]\nseverity = \"hihg\"\n",
        r#"
w.toml:5:8: from is none of its words (not_one_of)
  |
5 | from = "begin"
  |        ^^^^^^^ there are "start", "end"
w.toml:7:12: severity is none of its words (not_one_of)
  |
7 | severity = "hihg"
  |            ^^^^^^ did you mean "high"?
"#,
    ),
    (
        Code::OutOfRange,
        "[limits]\nsources = 0\n",
        r#"
w.toml:6:11: sources can't be that (out_of_range)
  |
6 | sources = 0
  |           ^ write a number from 1 to 100000
"#,
    ),
    (
        Code::BadSize,
        "[limits]\nresume = \"much\"\n",
        r#"
w.toml:6:10: "much" is no amount of bytes (bad_size)
  |
6 | resume = "much"
  |          ^^^^^^ write "64 MB", "10 GB" or "1 TB"
"#,
    ),
    (
        Code::BadDuration,
        "[memory]\nspan = \"1 week\"\n[notify]\nrepeat = [\"1h\", \"soon\"]\n",
        r#"
w.toml:6:8: "1 week" is no length of time (bad_duration)
  |
6 | span = "1 week"
  |        ^^^^^^^^ write "30s", "5m", "12h" or "7d"
w.toml:8:17: "soon" is no length of time (bad_duration)
  |
8 | repeat = ["1h", "soon"]
  |                 ^^^^^^ write "30s", "5m", "12h" or "7d"
"#,
    ),
    (
        Code::BadZone,
        "zone = \"Tokio\"\n",
        r#"
w.toml:5:8: no time zone is called "Tokio" (bad_zone)
  |
5 | zone = "Tokio"
  |        ^^^^^^^ write "Asia/Tokyo", "+09:00" or "UTC"
"#,
    ),
    (
        Code::BadAddress,
        "[[syslog]]\nlisten = \"0.0.0.0:514\"\n[notify.syslog]\nto = \"loghost\"\n[metrics]\nlisten = \"9470\"\n",
        r#"
w.toml:6:10: "0.0.0.0:514" is no place to listen at (bad_address)
  |
6 | listen = "0.0.0.0:514"
  |          ^^^^^^^^^^^^^ write "udp://0.0.0.0:514", "tcp://[::]:514", "tls://0.0.0.0:6514" or "unix:///run/hyakuyo/log"
w.toml:8:6: "loghost" is no place to send syslog to (bad_address)
  |
8 | to = "loghost"
  |      ^^^^^^^^^ write "udp://loghost.example:514", "tcp://10.0.0.7:601" or "unix:///dev/log"
w.toml:10:10: "9470" is no address with a port (bad_address)
   |
10 | listen = "9470"
   |          ^^^^^^ write "127.0.0.1:9470" or "[::1]:9470"
"#,
    ),
    (
        Code::BadUrl,
        "[notify.webhook]\nurl = \"alerts.example\"\n",
        r#"
w.toml:6:7: "alerts.example" is no web address (bad_url)
  |
6 | url = "alerts.example"
  |       ^^^^^^^^^^^^^^^^ write "https://alerts.example/hook"
"#,
    ),
    (
        Code::BadMailbox,
        "[notify.mail]\nto = [\"-oQ/tmp\"]\n",
        r#"
w.toml:6:7: "-oQ/tmp" is no mail address (bad_mailbox)
  |
6 | to = ["-oQ/tmp"]
  |       ^^^^^^^^^ write "security@example.org"
"#,
    ),
    (
        Code::NotLoopback,
        "[metrics]\nlisten = \"0.0.0.0:9470\"\n",
        r#"
w.toml:6:10: metrics are for this machine alone (not_loopback)
  |
6 | listen = "0.0.0.0:9470"
  |          ^^^^^^^^^^^^^^ write "127.0.0.1:9470"; let a proxy with logins serve others
"#,
    ),
    (
        Code::BadNet,
        "[[syslog]]\nlisten = \"udp://0.0.0.0\"\nfrom = [\"10.0.0.0/8\", \"fw.example\"]\n",
        r#"
w.toml:7:23: this is neither an address nor a network (bad_net)
  |
7 | from = ["10.0.0.0/8", "fw.example"]
  |                       ^^^^^^^^^^^^ write "10.0.0.25" or "10.0.3.0/24"
"#,
    ),
    (
        Code::NotAbsolute,
        "[notify.mail]\ncommand = [\"sendmail\", \"-t\"]\nto = [\"root\"]\n",
        r#"
w.toml:6:12: a command is named by its path from the root (not_absolute)
  |
6 | command = ["sendmail", "-t"]
  |            ^^^^^^^^^^ write it as "/usr/sbin/sendmail", or where it is
"#,
    ),
    (
        Code::Twice,
        "[[file]]\npath = \"a.log\"\n",
        r#"
w.toml:6:8: this is watched already (twice)
  |
6 | path = "a.log"
  |        ^^^^^^^ take one of them out
"#,
    ),
    (
        Code::BadFilter,
        "[[interface]]\nname = \"eth0\"\nfilter = \"prot 22\"\n",
        r#"
w.toml:7:10: the filter is not understood: at 1: a host is written as its address, 192.0.2.1 or 2001:db8::1 (names are not looked up) (bad_filter)
  |
7 | filter = "prot 22"
  |          ^^^^^^^^^ write it as for tcpdump: "tcp and not port 22"
"#,
    ),
    (
        Code::UnknownDetector,
        "[detectors]\nsacn.hosts_min = 50\n",
        r#"
w.toml:6:1: no detector is called "sacn" (unknown_detector)
  |
6 | sacn.hosts_min = 50
  | ^^^^ did you mean scan?
"#,
    ),
    (
        Code::UnknownSetting,
        "[detectors.scan]\nhosts_mim = 50\n",
        r#"
w.toml:6:1: scan has no setting "hosts_mim" (unknown_setting)
  |
6 | hosts_mim = 50
  | ^^^^^^^^^ did you mean hosts_min?
"#,
    ),
    (
        Code::Unreadable,
        "[roles]\nfile = \"no-such.toml\"\n",
        r#"
w.toml:6:8: it can't be read: no such file or directory (unreadable)
  |
6 | file = "no-such.toml"
  |        ^^^^^^^^^^^^^^ is the path right?
"#,
    ),
    (
        Code::Contradiction,
        "[[syslog]]\nlisten = \"udp://0.0.0.0\"\ncertificate = \"Cargo.toml\"\n",
        r#"
w.toml:6:10: a certificate where nothing is encrypted (contradiction)
  |
6 | listen = "udp://0.0.0.0"
  |          ^^^^^^^^^^^^^^^ write listen = "tls://…", or take certificate and key out
"#,
    ),
    (
        Code::NothingToWatch,
        "[output]\nfolder = \"logs\"\n",
        r#"
w.toml:1:1: there is nothing to watch (nothing_to_watch)
  |
1 | [output]
  | ^ add [[interface]], [[file]] or [[syslog]]; `hyakuyo check-config --example` shows each
"#,
    ),
];

#[test]
fn every_error_is_told_with_its_place_and_what_to_write() {
    for (code, text, expected) in CASES {
        let text = if text.starts_with("[output") && *code != Code::UnknownSection { (*text).to_owned() } else { format!("{GOOD}{text}") };
        let problems = check("w.toml", &text, Path::new(env!("CARGO_MANIFEST_DIR"))).expect_err("an error");
        let shown: Vec<String> = problems.iter().map(|(problem, _)| problem.to_string()).collect();
        assert_eq!(format!("\n{}\n", shown.join("\n")), *expected, "{}", code.name());
        assert!(problems.iter().any(|(_, told)| told == code), "{} is not what {text} shows", code.name());
    }
    let covered: BTreeSet<Code> = CASES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(covered, BTreeSet::from(Code::ALL), "every code has a golden test");
}

#[test]
fn the_example_passes_as_it_is_and_with_all_that_it_shows() {
    let config = parse("example.toml", EXAMPLE, Path::new("/etc/hyakuyo")).unwrap_or_else(|problems| panic!("{}", problems[0]));
    assert_eq!((config.files.len(), config.syslog.len(), config.notify.sinks.len()), (1, 1, 2));
    // What is shown but commented out is good, too, but for files that are not there.
    let shown: Vec<&str> =
        EXAMPLE.lines().map(|line| if line.starts_with("# ---") { "" } else { line.strip_prefix("# ").unwrap_or(line) }).collect();
    let prose = |line: &&str| line.is_empty() || line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let text: String = shown.into_iter().filter(prose).map(|line| format!("{line}\n")).collect();
    let problems = check("example.toml", &text, Path::new("/etc/hyakuyo")).expect_err("files that are not there");
    for (problem, code) in &problems {
        assert_eq!(*code, Code::Unreadable, "{problem}");
    }
    assert!(text.contains("[notify.webhook]\n") && text.contains("[[interface]]\n"), "{text}");
}

#[test]
fn what_is_said_is_what_is_meant() {
    let text = format!(
        "{GOOD}zone = \"+09:00\"\nfrom = \"start\"\n[[interface]]\nname = \"eth0\"\nring = \"8 MiB\"\n[detectors]\nscan.hosts_min = 7\n\
         [notify]\nlanguage = \"ja\"\nseverity = \"low\"\nrepeat = []\n[[notify.json]]\nfile = \"a\"\n[[notify.json]]\nfile = \"b\"\n"
    );
    let config = parse("w.toml", &text, Path::new("/base")).unwrap_or_else(|problems| panic!("{}", problems[0]));
    assert_eq!(config.output.folder, Path::new("/base/logs"));
    assert!(config.files[0].from_start && config.files[0].path == Path::new("/base/a.log"));
    assert_eq!((config.interfaces[0].ring_bytes, config.notify.repeat.len(), config.notify.severity), (8 << 20, 0, Severity::Low));
    let files: Vec<_> = config.notify.sinks.iter().map(|sink| &sink.to).collect();
    assert_eq!(files, [&To::Json("/base/a".into()), &To::Json("/base/b".into())]);
}

#[test]
fn no_text_makes_it_panic() {
    let mut state = 7_u64;
    for _ in 0..2_000 {
        let mut text = EXAMPLE.as_bytes().to_vec();
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % text.len();
            text[at] = (state >> 24) as u8;
        }
        let _ = check("x", &String::from_utf8_lossy(&text), Path::new("/"));
    }
}

#[test]
fn what_is_packaged_is_the_example() {
    let packaged = include_str!("../../../../../packaging/hyakuyo.toml");
    assert_eq!(packaged, EXAMPLE, "copy src/watch/config/example.toml to packaging/hyakuyo.toml");
}
