//! The whole program on a part of the made-up campus: it reads like a real network, without anything to wonder at; and bots'
//! sessions are read on every port that the seed document S1 names, and on those of the web.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for one test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-campus-{name}-{}", std::process::id()));
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
fn a_campus_reads_like_a_network() {
    let folder = Folder::new("reads");
    let made = ["demo-capture", "c.pcap", "--world", "campus", "--seed", "5", "--hosts", "70", "--hours", "3"];
    hyakuyo(&folder.0, &[&made[..], &["--truth", "truth.json", "--roles", "roles.toml"]].concat());
    hyakuyo(&folder.0, &["read", "c.pcap", "-o", "logs", "--quiet"]);
    let log = |name: &str, columns: &[&str]| rows(&folder.0.join("logs").join(name), columns);

    // Who speaks a protocol speaks it to the end; what fails is what was meant to fail.
    let mut states: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in log("conn.log", &["proto", "service", "conn_state"]) {
        if row[0] == "tcp" {
            *states.entry((row[1].clone(), row[2].clone())).or_default() += 1;
        }
    }
    for service in ["ssl", "http", "smtp", "pop3"] {
        let of = |state: Option<&str>| {
            let fits = |key: &&(String, String)| key.0 == service && state.is_none_or(|state| key.1 == state);
            states.iter().filter(|(key, _)| fits(key)).map(|(_, count)| count).sum::<usize>()
        };
        // Some are open when the capture ends; a window that is shut breaks off.
        let ended = of(Some("SF")) + of(Some("S1")) + of(Some("RSTO"));
        assert!(of(None) > 15 && of(Some("SF")) * 100 >= of(None) * 95 && ended == of(None), "{service}: {states:?}");
    }
    // What there is to wonder at is planted: records of type NULL, which carry data, and IRC on port 80.
    let planted = ["DNS_RR_unknown_type", "unknown_HTTP_method", "invalid_http_09_request_method"];
    let weird: Vec<_> = log("weird.log", &["name"]).into_iter().filter(|row| !planted.contains(&row[0].as_str())).collect();
    assert_eq!(weird, Vec::<Vec<String>>::new());
    let named = log("ssl.log", &["server_name"]).iter().filter(|row| row[0].ends_with(".example")).count();
    assert!(named > 100, "{named} names in TLS");
    let guesses = log("ssh.log", &["auth_success", "id.orig_h"]);
    assert!(guesses.iter().filter(|row| row[0] == "F").count() >= 30 && guesses.iter().any(|row| row[0] == "T"), "{guesses:?}");
    assert_eq!(log("pe.log", &["machine"]).first().map(|row| row[0].as_str()), Some("I386"));
    for (name, least) in [("dhcp.log", 60), ("dns.log", 2000), ("files.log", 100), ("ntp.log", 100)] {
        assert!(log(name, &["ts"]).len() >= least, "{name} has {} rows", log(name, &["ts"]).len());
    }
    let truth = fs::read_to_string(folder.0.join("truth.json")).expect("the truth");
    assert!(truth.contains("\"detector\": \"dns_tunnel\"") && truth.contains("\"mail_servers\""));
    let roles = fs::read_to_string(folder.0.join("roles.toml")).expect("the roles");
    assert!(roles.contains("role = \"crawlers\"\nhosts = [\"10.20.0.40\"]"));
}

#[test]
fn bots_are_read_on_every_port() {
    let folder = Folder::new("bots");
    for port in ["21", "80", "443", "6667", "51234"] {
        let file = format!("{port}.pcap");
        hyakuyo(&folder.0, &["demo-capture", &file, "--world", "irc-bot", "--port", port]);
        hyakuyo(&folder.0, &["read", &file, "-o", port, "--quiet"]);
        let joined = rows(&folder.0.join(port).join("irc.log"), &["command", "value", "addl"]);
        for (channel, key) in [("#msbots8", "slavesofms"), ("#server#", "send."), ("#.to.", "teamz"), ("#hotgirls", "")] {
            let found = joined.iter().find(|row| row[0] == "JOIN" && row[1] == channel);
            assert!(found.is_some_and(|row| row[2].contains(key)), "port {port}, {channel}: {joined:?}");
        }
        let said = rows(&folder.0.join(port).join("irc_session.log"), &["text"]);
        for order in
            [".dl http://www.giza-host.example/htri/sbr.exe", ".asc asn1smb 300", "[DOWNLOAD]: Downloaded 170.0 KB", "wormride -s -t"]
        {
            assert!(said.iter().any(|row| row[0].contains(order)), "port {port}: {order} is missing in {said:?}");
        }
        // Those that take orders are accused, and the orders are quoted.
        let findings = rows(&folder.0.join(port).join("finding.log"), &["detector", "host", "quotes"]);
        for (bot, order) in worlds::irc::BOTS[1..].iter().zip([".dl http://www.giza-host.example", ".asc asn1smb 300", "wnguards.exe"]) {
            let accused = |row: &&Vec<String>| row[0] == "irc_bot" && row[1] == bot.to_string() && row[2].contains(order);
            assert!(findings.iter().any(|row| accused(&row)), "port {port}: {bot} took the order {order}: {findings:?}");
        }
    }
    hyakuyo(&folder.0, &["demo-capture", "chat.pcap", "--world", "irc-chat"]);
    hyakuyo(&folder.0, &["read", "chat.pcap", "-o", "chat", "--quiet"]);
    assert_eq!(rows(&folder.0.join("chat").join("finding.log"), &["detector", "host"]), Vec::<Vec<String>>::new());
}
