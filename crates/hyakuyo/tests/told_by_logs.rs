//! What a firewall, a name server and a proxy tell of a network must be understood as the packets themselves are: the made-up
//! campus is read once as packets, then once as FWSM's lines, once as ASA's, with BIND's and Squid's beside them, all
//! written from the same flows; the same hosts must be found to do the same things.

use model::{Addr, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::lines::{self, Ending, Flow, Query, Request};

/// A folder of its own for one test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-told-{name}-{}", std::process::id()));
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

fn rows(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

fn time(row: &Value, name: &str) -> Timestamp {
    Timestamp::from_nanos((row[name].as_f64().expect("a time") * 1e6).round() as i64 * 1_000)
}

fn end(row: &Value, host: &str, port: &str) -> (Addr, u16) {
    let addr: IpAddr = row[host].as_str().expect("an address").parse().expect("an address");
    (Addr::from(addr), row[port].as_u64().expect("a port") as u16)
}

fn flows(conn: &[Value]) -> Vec<Flow> {
    let flow = |row: &Value| {
        let proto = ["tcp", "udp", "icmp"].into_iter().find(|name| row["proto"] == *name)?;
        let begin = time(row, "ts");
        let ending = match row["conn_state"].as_str()? {
            "S0" if proto == "tcp" => Ending::Unanswered,
            "REJ" => Ending::Refused,
            "RSTO" => Ending::ResetByOrig,
            "RSTR" => Ending::ResetByResp,
            _ => Ending::Closed,
        };
        let last = begin + model::Interval::from_secs_f64(row["duration"].as_f64().unwrap_or(0.0));
        let bytes = row["orig_bytes"].as_u64().unwrap_or(0) + row["resp_bytes"].as_u64().unwrap_or(0);
        let (orig, resp) = (end(row, "id.orig_h", "id.orig_p"), end(row, "id.resp_h", "id.resp_p"));
        let routed = |addr: Addr| match addr.to_ip() {
            IpAddr::V4(ip) => !ip.is_broadcast() && !ip.is_multicast() && !ip.is_unspecified(),
            IpAddr::V6(_) => false,
        };
        (routed(orig.0) && routed(resp.0)).then_some(Flow { span: (begin, last), proto, orig, resp, bytes, ending })
    };
    conn.iter().filter_map(flow).collect()
}

fn queries(dns: &[Value]) -> Vec<Query> {
    let query = |row: &Value| {
        let (client, server) = (end(row, "id.orig_h", "id.orig_p"), end(row, "id.resp_h", "id.resp_p"));
        (server.0.is_private() && server.1 == 53).then_some(())?;
        let (name, qtype) = (row["query"].as_str()?.to_owned(), row["qtype_name"].as_str()?.to_owned());
        Some(Query { at: time(row, "ts"), client, server: server.0, name, qtype })
    };
    dns.iter().filter_map(query).collect()
}

/// What is found, by whom, among the detectors that a firewall can feed.
fn found(story: &Path, detectors: &[&str]) -> BTreeSet<(String, String)> {
    let story: Value = serde_json::from_str(&fs::read_to_string(story).expect("a story")).expect("JSON");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let findings = story["findings"].as_array().expect("findings").iter();
    findings
        .filter(|row| detectors.iter().any(|name| row["detector"] == *name) && row["severity"] != "info")
        .map(|row| (text(row, "name"), text(row, "host")))
        .collect()
}

fn requests(http: &[Value]) -> Vec<Request> {
    let request = |row: &Value| {
        let (client, proxy) = (end(row, "id.orig_h", "id.orig_p"), end(row, "id.resp_h", "id.resp_p"));
        let method = row["method"].as_str()?.to_owned();
        proxy.0.is_private().then_some(())?;
        Some(Request {
            at: time(row, "ts"),
            elapsed_ms: 200,
            client: client.0,
            url: if method == "CONNECT" { row["uri"].as_str()?.to_owned() } else { format!("http://{}/", row["host"].as_str()?) },
            method,
            status: row["status_code"].as_u64()? as u16,
            bytes: row["response_body_len"].as_u64().unwrap_or(0),
            origin: Addr::v4([198, 51, 100, 7]),
        })
    };
    http.iter().filter_map(request).collect()
}

/// Reads a made-up network as packets, then as each firewall's lines beside BIND's and Squid's. Whether what `detectors` found is
/// the same, but for what `excused` knows a reason for.
fn same_by_packets_and_lines(name: &str, made: &[&str], detectors: &[&str], excused: fn(&str, &str) -> bool) -> BTreeSet<(String, String)> {
    let folder = Folder::new(name);
    let at = |name: &str| folder.0.join(name);
    hyakuyo(&folder.0, &[&["demo-capture", "c.pcap", "--roles", "roles.toml"][..], made].concat());
    hyakuyo(&folder.0, &["read", "c.pcap", "-o", "packets", "--quiet", "--format", "json", "--roles", "roles.toml"]);
    let by_packets = found(&at("packets/story.json"), detectors);
    let log = |name: &str| rows(&at("packets").join(name));
    let (conn, dns, http) = (log("conn.log"), log("dns.log"), log("http.log"));
    fs::write(at("query.log"), lines::bind(&queries(&dns))).expect("a log");
    fs::write(at("access.log"), lines::squid(&requests(&http))).expect("a log");
    for (device, text) in [("fwsm.log", lines::fwsm(&flows(&conn))), ("asa.log", lines::asa(&flows(&conn)))] {
        fs::write(at(device), text).expect("a log");
        let logs: Vec<&str> =
            [device, "query.log", "access.log"].into_iter().filter(|name| at(name).metadata().expect("a log").len() > 0).collect();
        hyakuyo(&folder.0, &[&["read", "-o", "logs", "--quiet", "--roles", "roles.toml"][..], &logs].concat());
        let by_lines = found(&at("logs/story.json"), detectors);
        let differing = |one: &BTreeSet<(String, String)>, other: &BTreeSet<(String, String)>| -> Vec<(String, String)> {
            one.difference(other).filter(|(name, host)| !excused(name, host)).cloned().collect()
        };
        let (missing, surplus) = (differing(&by_packets, &by_lines), differing(&by_lines, &by_packets));
        assert!(missing.is_empty() && surplus.is_empty(), "{device}: missing {missing:?}, surplus {surplus:?}");
    }
    by_packets
}

#[test]
fn a_campus_told_by_its_devices_is_understood_like_its_packets() {
    /// What lines cannot tell.
    fn excused(name: &str, host: &str) -> bool {
        const RESOLVERS: [&str; 2] = ["10.20.0.2", "10.20.0.3"];
        match name {
            // No firewall logs what an echo carries.
            "icmp_tunnel" => true,
            // A name server's log of queries has those that it is asked, not those that it asks.
            "mx_query" => RESOLVERS.contains(&host),
            // A push service is known by its name, which a firewall does not tell: its long connections are low, not "info".
            "long_web" => true,
            _ => false,
        }
    }
    let made = ["--world", "campus", "--seed", "5", "--hosts", "60", "--hours", "3"];
    let found = same_by_packets_and_lines("campus", &made, &["scan", "worm", "mass_mailer", "tunnel"], excused);
    for name in [
        "fast_scan",
        "volume_scan",
        "address_scan",
        "port_scan",
        "icmp_sweep",
        "udp_scan",
        "worm",
        "mass_mailer",
        "long_web",
        "long_ssh",
        "vpn_tunnel",
    ] {
        assert!(found.iter().any(|(found, _)| found == name), "{name} is not in {found:?}");
    }
}

/// What the border refuses: mail from desks, shares from anywhere.
fn at_the_border(mut flow: Flow) -> Flow {
    const MAILERS: [Addr; 3] = [Addr::v4([10, 20, 0, 25]), Addr::v4([10, 20, 0, 26]), Addr::v4([10, 20, 0, 30])];
    let crosses = flow.orig.0.is_private() != flow.resp.0.is_private();
    let refused = matches!(flow.resp.1, 135 | 139 | 445) || flow.resp.1 == 25 && !MAILERS.contains(&flow.orig.0);
    if crosses && flow.proto == "tcp" && refused && flow.orig.0.is_private() {
        flow.ending = Ending::Denied;
    }
    flow
}

#[test]
fn what_a_firewall_denies_is_still_found() {
    let folder = Folder::new("denied");
    let at = |name: &str| folder.0.join(name);
    let made = ["--world", "campus", "--seed", "5", "--hosts", "60", "--hours", "3", "--roles", "roles.toml"];
    hyakuyo(&folder.0, &[&["demo-capture", "c.pcap"][..], &made].concat());
    hyakuyo(&folder.0, &["read", "c.pcap", "-o", "packets", "--quiet", "--format", "json", "--roles", "roles.toml"]);
    let flows: Vec<Flow> = flows(&rows(&at("packets/conn.log"))).into_iter().map(at_the_border).collect();
    let denied = flows.iter().filter(|flow| flow.ending == Ending::Denied).count();
    assert!(denied > 400, "{denied} flows are denied");
    let queries = lines::bind(&queries(&rows(&at("packets/dns.log"))));
    fs::write(at("asa.log"), lines::asa(&flows)).expect("a log");
    fs::write(at("query.log"), queries).expect("a log");
    hyakuyo(&folder.0, &["read", "asa.log", "query.log", "-o", "logs", "--quiet", "--roles", "roles.toml"]);
    let names = ["scan", "worm", "mass_mailer"];
    let (by_packets, by_lines) = (found(&at("packets/story.json"), &names), found(&at("logs/story.json"), &names));
    let excused = |(name, host): &&(String, String)| name == "mx_query" && ["10.20.0.2", "10.20.0.3"].contains(&host.as_str());
    let missing: Vec<_> = by_packets.difference(&by_lines).filter(|found| !excused(found)).collect();
    assert!(missing.is_empty(), "missing {missing:?}");
    // Those that mailed and spread without being stopped before are found by their denied attempts.
    let surplus: Vec<_> = by_lines.difference(&by_packets).collect();
    assert!(surplus.len() <= by_packets.len() / 4, "surplus {surplus:?}");
}

#[test]
fn who_goes_around_the_proxy_is_found_by_lines_too() {
    let made = ["--world", "closed", "--seed", "5", "--hosts", "60", "--hours", "3"];
    let found = same_by_packets_and_lines("closed", &made, &["proxy_bypass"], |_, _| false);
    assert!(!found.is_empty());
}
