//! What rsyslog forwards, as most of the world does: by TCP, counted, and within TLS.
//!
//! Runs where rsyslogd is installed (Debian: rsyslog, rsyslog-openssl), or where `RSYSLOG_ROOT` names a folder into which its packages
//! were unpacked; says so and passes otherwise.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests start real senders")]

use intake::{ConnectionLimits, Intake, Origin, Positions, Settings, Source, SourceId, Tls};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What each of the three ways brings.
const MESSAGES: usize = 2_000;

fn rsyslogd() -> Option<(PathBuf, Option<PathBuf>)> {
    let root = std::env::var_os("RSYSLOG_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let program = root.join("usr/sbin/rsyslogd");
    let libraries = std::fs::read_dir(root.join("usr/lib")).ok()?.flatten().map(|entry| entry.path());
    let libraries = libraries.filter(|path| path.join("rsyslog/lmnsd_ossl.so").exists()).collect::<Vec<_>>().pop();
    program.exists().then_some((program, libraries))
}

fn configuration(folder: &Path, ports: [u16; 3]) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut text = format!(
        "global(workDirectory=\"{}\" defaultNetstreamDriverCAFile=\"{}\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\" )\n\
         input(type=\"imuxsock\" Socket=\"{}\" RateLimit.Interval=\"0\" )\n",
        folder.display(),
        at("server.pem"),
        at("socket")
    );
    let ways = ["", "TCP_Framing=\"octet-counted\"", "StreamDriver=\"ossl\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"anon\""];
    for (port, way) in ports.iter().zip(ways) {
        writeln!(text, "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"{port}\" protocol=\"tcp\" {way})").unwrap();
    }
    text
}

#[test]
fn what_rsyslog_forwards_arrives_whole() {
    let Some((program, libraries)) = rsyslogd() else {
        eprintln!("rsyslogd (Debian: rsyslog, rsyslog-openssl) is not installed: skipped");
        return;
    };
    let Some(libraries) = libraries else {
        eprintln!("rsyslog's TLS (Debian: rsyslog-openssl) is not installed: skipped");
        return;
    };
    let folder = std::env::temp_dir().join(format!("rsyslog-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let certificate =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 2 -subj /CN=server";
    let made = Command::new("openssl").args(certificate.split(' ')).current_dir(&folder).stderr(Stdio::null()).status();
    assert!(made.unwrap().success());
    let (listen, limits) = (SocketAddr::from(([127, 0, 0, 1], 0)), ConnectionLimits::default());
    let tls = Tls { certificate: folder.join("server.pem"), key: folder.join("server.key"), clients: None };
    let origins = [
        Origin::Tcp { listen, limits: limits.clone() },
        Origin::Tcp { listen, limits: limits.clone() },
        Origin::Tls { listen, tls, limits },
    ];
    let sources = origins.into_iter().enumerate().map(|(number, origin)| Source { name: number.to_string(), origin }).collect();
    let (intake, receiver) = Intake::open(&Settings { sources }, &Positions::default()).unwrap();
    let ports = [0, 1, 2].map(|number| intake.address(SourceId(number)).unwrap().port());
    std::fs::write(folder.join("conf"), configuration(&folder, ports)).unwrap();
    let mut rsyslog = Command::new(&program)
        .args(["-n", "-f", "conf", "-i", "pid"])
        .arg("-M")
        .arg(libraries.join("rsyslog"))
        .env("LD_LIBRARY_PATH", &libraries)
        .current_dir(&folder)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let socket = UnixDatagram::unbound().unwrap();
    while socket.connect(folder.join("socket")).is_err() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(50));
    }
    for number in 0..MESSAGES {
        socket.send(format!("<134>Nov 20 10:00:00 prog[7]: message {number}, and what follows it").as_bytes()).unwrap();
    }
    let mut came: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    while came.values().map(Vec::len).sum::<usize>() < 3 * MESSAGES && begun.elapsed() < Duration::from_secs(30) {
        let Ok(delivery) = receiver.recv(Duration::from_millis(200)) else { continue };
        let lines = delivery.records.iter().map(|record| String::from_utf8_lossy(record).into_owned());
        // rsyslog tells of its own beginning, too.
        came.entry(delivery.source.0).or_default().extend(lines.filter(|line| line.contains(" prog[7]: message ")));
    }
    rsyslog.kill().unwrap();
    rsyslog.wait().unwrap();
    for source in 0..3 {
        let lines = came.get(&source).cloned().unwrap_or_default();
        assert_eq!(lines.len(), MESSAGES, "source {source}: {:?} {:?}", lines.first(), intake.counters()[usize::from(source)]);
        for (number, line) in lines.iter().enumerate() {
            assert!(line.starts_with("<134>") && line.ends_with(&format!("message {number}, and what follows it")), "{line:?}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
