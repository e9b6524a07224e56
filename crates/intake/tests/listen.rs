//! Senders of every kind, well-behaved and not: what they send comes, and none disturbs another.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests send, and start real senders")]

use intake::{ConnectionLimits, Count, Intake, Origin, Positions, Receiver, Sender, Settings, Source, SourceId, Tally};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

fn own(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let path = std::env::temp_dir().join(format!("listen-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn open(origin: Origin) -> (Intake, Receiver) {
    let settings = Settings { sources: vec![Source { name: "s".into(), origin }] };
    Intake::open(&settings, &Positions::default()).unwrap()
}

fn tcp(limits: ConnectionLimits) -> Origin {
    Origin::Tcp { listen: own(0), limits }
}

/// Takes so many records, and sees that no more come.
fn take(receiver: &Receiver, count: usize) -> Vec<(Sender, Vec<u8>)> {
    let (begun, mut all) = (Instant::now(), Vec::new());
    while all.len() < count && begun.elapsed() < Duration::from_secs(20) {
        let Ok(delivery) = receiver.recv(Duration::from_millis(100)) else { continue };
        all.extend(delivery.records.iter().map(|record| (delivery.sender.clone(), record.to_vec())));
    }
    while let Ok(delivery) = receiver.recv(Duration::from_millis(50)) {
        all.extend(delivery.records.iter().map(|record| (delivery.sender.clone(), record.to_vec())));
    }
    assert_eq!(all.len(), count, "{:?}", all.iter().take(5).map(|(_, record)| String::from_utf8_lossy(record)).collect::<Vec<_>>());
    all
}

fn all(intake: &Intake) -> Tally {
    intake.counters()[0].all
}

fn wait_for(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn udp_is_counted_to_the_message() {
    const MESSAGES: u64 = 200_000;
    let (intake, receiver) = open(Origin::Udp { listen: own(0) });
    let to = intake.address(SourceId(0)).unwrap();
    let consumer = std::thread::spawn(move || {
        let mut count = 0;
        while let Ok(delivery) = receiver.recv(Duration::from_secs(2)) {
            count += delivery.records.len() as u64;
        }
        count
    });
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for number in 0..MESSAGES {
        sender.send_to(format!("<13>1 - h p - - - message {number}\n").as_bytes(), to).unwrap();
    }
    sender.send_to(b"", to).unwrap();
    sender.send_to(b"two\nlines", to).unwrap();
    let counts = intake.stop();
    let (tally, received) = (counts[0].all, consumer.join().unwrap());
    assert_eq!(tally.get(Count::Records), received);
    let sum =
        [Count::Records, Count::DroppedKernel, Count::DroppedQueue, Count::Malformed].map(|count| tally.get(count)).iter().sum::<u64>();
    assert_eq!(sum, MESSAGES + 2, "{tally:?}");
    assert_eq!(counts[0].senders.len(), 1);
}

#[test]
fn tcp_brings_lines_and_counted_frames() {
    let (intake, receiver) = open(tcp(ConnectionLimits::default()));
    let to = intake.address(SourceId(0)).unwrap();
    let mut lines = TcpStream::connect(to).unwrap();
    lines.write_all(b"<13>one\n<13>two\n<13>thr").unwrap();
    let mut counted = TcpStream::connect(to).unwrap();
    counted.write_all(b"9 <13>a\nb c7 <13>def").unwrap();
    assert_eq!(take(&receiver, 4).len(), 4);
    lines.write_all(b"ee").unwrap();
    drop(lines);
    let last = take(&receiver, 1);
    assert_eq!(last, [(Sender::Host(model::Addr::v4([127, 0, 0, 1])), b"<13>three".to_vec())]);
    drop(counted);
    assert_eq!(all(&intake).named().collect::<Vec<_>>(), [("records", 5), ("bytes", 39), ("connections", 2)]);
}

#[test]
fn hostile_connections_disturb_nobody() {
    let limits = ConnectionLimits {
        connections: 30,
        of_address: 20,
        first: Duration::from_secs(2),
        unended_bytes: 1 << 20,
        record: Duration::from_secs(2),
        ..ConnectionLimits::default()
    };
    let (intake, receiver) = open(tcp(limits));
    let to = intake.address(SourceId(0)).unwrap();
    let mut good = TcpStream::connect(to).unwrap();
    good.write_all(b"<13>begin\n").unwrap();
    take(&receiver, 1);
    // One that never ends a line is ended.
    let mut endless = TcpStream::connect(to).unwrap();
    let mut sent = 0;
    while let Ok(count) = endless.write(&[b'x'; 65_536]) {
        sent += count;
        assert!(sent < 200 << 20, "it is never ended");
    }
    assert_eq!(all(&intake).get(Count::Cut), 1);
    // A slow one too, and one that says nothing.
    let mut slow = TcpStream::connect(to).unwrap();
    let mut silent = TcpStream::connect(to).unwrap();
    slow.write_all(b"<13>never").unwrap();
    assert_eq!((silent.read(&mut [0; 1]).unwrap_or(0), slow.read(&mut [0; 1]).unwrap_or(0)), (0, 0));
    assert_eq!(all(&intake).get(Count::Ended), 3);
    // Many connections of one address: twenty are held, and a second address finds its place.
    let crowd: Vec<TcpStream> = (0..200).filter_map(|_| TcpStream::connect(to).ok()).collect();
    wait_for(|| all(&intake).get(Count::Refused) >= 181);
    good.write_all(b"<13>still here\n").unwrap();
    // What the endless one had said and what the slow one had begun were handed on, too.
    let records = take(&receiver, 3);
    assert_eq!(records.last().unwrap().1, b"<13>still here");
    drop(crowd);
}

#[test]
fn a_slow_consumer_makes_senders_wait_and_loses_nothing() {
    let (intake, receiver) = open(tcp(ConnectionLimits::default()));
    let to = intake.address(SourceId(0)).unwrap();
    const LINES: usize = 1_500_000;
    let writer = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        let line = [&[b'x'; 99][..], b"\n"].concat().repeat(1_000);
        for _ in 0..LINES / 1_000 {
            stream.write_all(&line).unwrap();
        }
    });
    // Nobody takes anything: the queue fills to its limit and no further.
    std::thread::sleep(Duration::from_secs(2));
    assert!(receiver.waiting_bytes() <= 64 << 20 && !writer.is_finished());
    let (mut count, begun) = (0, Instant::now());
    while count < LINES && begun.elapsed() < Duration::from_secs(60) {
        count += receiver.recv(Duration::from_secs(1)).map_or(0, |delivery| delivery.records.len());
    }
    writer.join().unwrap();
    assert_eq!((count, all(&intake).get(Count::Records)), (LINES, LINES as u64));
}

#[test]
fn unix_sockets_take_what_programs_log() {
    let folder = folder();
    let path = folder.join("log");
    let (intake, receiver) = open(Origin::UnixDatagram { path: path.clone() });
    let sender = UnixDatagram::unbound().unwrap();
    sender.send_to(b"<13>datagram\nof two lines", &path).unwrap();
    assert_eq!(take(&receiver, 1)[0], (Sender::Local, b"<13>datagram\nof two lines".to_vec()));
    if Command::new("logger").arg("-u").arg(&path).args(["-t", "me", "by logger"]).status().is_ok_and(|status| status.success()) {
        let said = take(&receiver, 1);
        assert!(String::from_utf8_lossy(&said[0].1).ends_with("by logger"), "{said:?}");
    }
    intake.stop();
    assert!(!path.exists());
    let (_intake, receiver) = open(Origin::UnixStream { path: path.clone(), limits: ConnectionLimits::default() });
    UnixStream::connect(&path).unwrap().write_all(b"<13>by zero\0<13>by line\n").unwrap();
    take(&receiver, 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn logger_is_understood_whatever_it_speaks() {
    if Command::new("logger").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("logger (Debian: bsdutils) is not installed: skipped");
        return;
    }
    let settings = Settings {
        sources: vec![
            Source { name: "udp".into(), origin: Origin::Udp { listen: own(0) } },
            Source { name: "tcp".into(), origin: tcp(ConnectionLimits::default()) },
        ],
    };
    let (intake, receiver) = Intake::open(&settings, &Positions::default()).unwrap();
    let port = |source| intake.address(SourceId(source)).unwrap().port().to_string();
    for (protocol, port) in [("--udp", port(0)), ("--tcp", port(1))] {
        for form in ["--rfc3164", "--rfc5424"] {
            for counted in [&[][..], &["--octet-count"]] {
                let said = format!("{protocol} {form} {counted:?}");
                let status = Command::new("logger")
                    .args(["-n", "127.0.0.1", "-P", &port, protocol, form])
                    .args(counted)
                    .args(["-t", "me", "--", &said])
                    .status()
                    .unwrap();
                assert!(status.success(), "{said}");
                if protocol == "--udp" && !counted.is_empty() {
                    // Counted within a datagram makes no sense, and comes as it is.
                    take(&receiver, 1);
                    continue;
                }
                let record = String::from_utf8(take(&receiver, 1).remove(0).1).unwrap();
                assert!(record.starts_with("<13>") && record.contains(&said), "{record:?}");
            }
        }
    }
}

/// Runs openssl, quietly; whether it did what it should.
fn openssl(folder: &Path, arguments: &str, input: &[u8]) -> bool {
    let mut child = Command::new("openssl");
    child.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = child.spawn() else { return false };
    // One that has ended already takes no input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait().is_ok_and(|status| status.success())
}

#[test]
fn tls_lets_in_whom_it_trusts() {
    let folder = folder();
    let make = |name: &str, signed: &str| {
        let key = format!("-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}");
        openssl(&folder, &format!("req -x509 {key} -addext subjectAltName=DNS:{name} {signed}"), b"")
    };
    let made = make("server", "-addext basicConstraints=CA:FALSE")
        && make("root", "")
        && make("client", "-CA root.pem -CAkey root.key -addext basicConstraints=CA:FALSE")
        && make("stranger", "-addext basicConstraints=CA:FALSE");
    if !made {
        eprintln!("openssl is not installed: skipped");
        return;
    }
    let tls = |clients: Option<&str>| intake::Tls {
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        clients: clients.map(|name| folder.join(name)),
    };
    let source = |name: &str, clients| Source {
        name: name.into(),
        origin: Origin::Tls { listen: own(0), tls: tls(clients), limits: ConnectionLimits::default() },
    };
    let settings = Settings { sources: vec![source("any", None), source("known", Some("root.pem"))] };
    let (intake, receiver) = Intake::open(&settings, &Positions::default()).unwrap();
    let port = |number| intake.address(SourceId(number)).unwrap().port();
    let client = |port: u16, more: &str, input: &[u8]| {
        openssl(
            &folder,
            &format!("s_client -quiet -no_ign_eof -CAfile server.pem -verify_return_error -connect 127.0.0.1:{port}{more}"),
            input,
        )
    };
    let lines = b"<13>in a tunnel\n".repeat(20_000);
    for version in [" -tls1_2", " -tls1_3"] {
        client(port(0), version, &lines);
        assert_eq!(take(&receiver, 20_000)[0].1, b"<13>in a tunnel");
    }
    client(port(1), " -cert client.pem -key client.key", b"16 <13>known client\n");
    assert_eq!(take(&receiver, 1)[0].1, b"<13>known client");
    client(port(1), " -cert stranger.pem -key stranger.key", b"<13>stranger\n");
    client(port(1), "", b"<13>nobody\n");
    TcpStream::connect(own(port(1))).unwrap().write_all(b"<13>no TLS at all, but a line that is long enough\n").unwrap();
    take(&receiver, 0);
    wait_for(|| intake.counters()[1].all.get(Count::Malformed) == 3);
    assert_eq!(intake.counters()[1].all.get(Count::Records), 1);
    let wrong = Settings { sources: vec![source("wrong", Some("server.key"))] };
    let error = Intake::open(&wrong, &Positions::default()).unwrap_err().to_string();
    assert!(error.contains("server.key") && error.contains("no certificate"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_journal_goes_on_where_it_was_left() {
    let folder = folder();
    let path = folder.join("export");
    let entry = |number: u32| {
        format!("__CURSOR=s=a;i={number:x}\n__REALTIME_TIMESTAMP=1795202714000000\nMESSAGE=m{number}\nSYSLOG_IDENTIFIER=x\n\n")
    };
    let (mut positions, settings) = (
        Positions::default(),
        Settings { sources: vec![Source { name: "journal".into(), origin: Origin::Pipe { path: Some(path.clone()) } }] },
    );
    for (entries, expected) in [(1..5, 4), (3..9, 4), (1..10, 1)] {
        std::fs::write(&path, entries.map(entry).collect::<String>()).unwrap();
        let (_intake, receiver) = Intake::open(&settings, &positions).unwrap();
        let mut count = 0;
        while let Ok(delivery) = receiver.recv(Duration::from_millis(300)) {
            count += delivery.records.len();
            positions.apply(&delivery.position.unwrap());
        }
        assert_eq!(count, expected);
        positions = positions.to_string().parse().unwrap();
    }
    assert_eq!(positions.cursor("journal"), Some("s=a;i=9"));
    std::fs::remove_dir_all(folder).unwrap();
}
