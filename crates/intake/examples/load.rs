//! Load and hostile senders against the intake, for `tests/intake/run`: what was sent, what came, what was dropped, and the memory it took.
//!
//! ```text
//! load udp RATE SECONDS [PAUSE_US]   datagrams at a rate, to a consumer that rests so long after each delivery
//! load hostile CONNECTIONS           good senders beside endless, random and countless ones
//! load files MEGABYTES               one log, read through
//! ```
//!
//! Senders are processes of their own (`load send …`), so that the figures of this one are the intake's alone.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a measuring tool starts senders, and ends where something fails")]

use intake::{ConnectionLimits, Count, Files, Intake, Origin, Positions, Receiver, Settings, Source, SourceCounts, SourceId, Tally};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use std::io::{IoSlice, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A firewall's line, as one of 200,000 a second would be.
const LINE: &[u8] = b"<166>Nov 20 2026 10:00:00 fw : %ASA-6-302013: Built outbound TCP connection 4242 for outside:198.51.100.7/443 (198.51.100.7/443) to inside:10.1.2.3/51234 (192.0.2.1/51234)\n";

/// How many good senders speak beside the hostile ones, and what each says.
const GOOD: usize = 4;
const GOOD_LINES: usize = 50_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    match words.first().map(String::as_str) {
        Some("udp") => udp(number(1), number(2), Duration::from_micros(number(3))),
        Some("hostile") => hostile(number(1)),
        Some("files") => files(number(1)),
        Some("send") => send(&words[1], own(number(2) as u16), number(3), number(4)),
        _ => panic!("load udp RATE SECONDS [PAUSE_US] | hostile CONNECTIONS | files MEGABYTES"),
    }
}

fn own(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn open(origins: Vec<Origin>) -> (Intake, Receiver) {
    let named = |(number, origin)| Source { name: format!("source {number}"), origin };
    let settings = Settings { sources: origins.into_iter().enumerate().map(named).collect() };
    Intake::open(&settings, &Positions::default()).unwrap()
}

fn start(what: &str, port: u16, more: [u64; 2]) -> Child {
    let own = std::env::current_exe().unwrap();
    Command::new(own).args(["send", what, &port.to_string(), &more[0].to_string(), &more[1].to_string()]).spawn().unwrap()
}

/// Takes everything, by source; a rest after each delivery.
fn consume(receiver: Receiver, rest: Duration) -> (JoinHandle<()>, Arc<[AtomicU64; 2]>, Arc<AtomicBool>) {
    let (counts, stop) = (Arc::new([const { AtomicU64::new(0) }; 2]), Arc::new(AtomicBool::new(false)));
    let (own, ended) = (Arc::clone(&counts), Arc::clone(&stop));
    let thread = std::thread::spawn(move || {
        loop {
            match receiver.recv(Duration::from_millis(100)) {
                Ok(delivery) => {
                    own[usize::from(delivery.source.0)].fetch_add(delivery.records.len() as u64, Ordering::Relaxed);
                    if !ended.load(Ordering::Relaxed) && !rest.is_zero() {
                        std::thread::sleep(rest);
                    }
                }
                Err(intake::ReceiveError::Closed) => return,
                Err(intake::ReceiveError::Timeout) => {}
            }
        }
    });
    (thread, counts, stop)
}

/// CPU seconds and the most memory that this process has taken, in megabytes.
fn cost() -> (f64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let words: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|at| words.get(*at)?.parse::<f64>().ok()).sum();
    (ticks / 100.0, peak.unwrap_or(0) / 1024)
}

fn check(fine: bool, what: &str) {
    println!("    {} {what}", if fine { "ok  " } else { "FAIL" });
    if !fine {
        std::process::exit(1);
    }
}

fn told(counts: &SourceCounts) -> String {
    counts.all.named().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn udp(rate: u64, seconds: u64, rest: Duration) {
    let (intake, receiver) = open(vec![Origin::Udp { listen: own(0) }]);
    let port = intake.address(SourceId(0)).unwrap().port();
    let (consumer, taken, ended) = consume(receiver, rest);
    let begun = Instant::now();
    let done = start("udp", port, [rate, seconds]).wait().unwrap().success();
    let took = begun.elapsed().as_secs_f64();
    // What the kernel still holds is read before the end.
    let counts = intake.stop();
    ended.store(true, Ordering::Relaxed);
    consumer.join().unwrap();
    let (tally, (cpu, memory)) = (counts[0].all, cost());
    let sent = rate * seconds;
    let [records, kernel, queue] = [Count::Records, Count::DroppedKernel, Count::DroppedQueue].map(|count| tally.get(count));
    println!("udp: {sent} datagrams of {} bytes in {took:.1} s, {rest:?} after each delivery: {}", LINE.len(), told(&counts[0]));
    println!("    {:.2} CPU-seconds, {memory} MB at most; {:.2} % dropped", cpu, (kernel + queue) as f64 * 100.0 / sent as f64);
    // Beside a consumer that rests, the rate is no matter.
    check(done && (took < seconds as f64 * 1.5 || !rest.is_zero()), "the sender kept its rate");
    check(records + kernel + queue == sent, "received + dropped = sent, to the message");
    check(taken[0].load(Ordering::Relaxed) == records, "everything that was counted as received was handed on");
    check(memory < 200, "less than 200 MB");
}

fn hostile(connections: u64) {
    let limits = ConnectionLimits::default();
    let (intake, receiver) = open(vec![Origin::Tcp { listen: own(0), limits: limits.clone() }, Origin::Tcp { listen: own(0), limits }]);
    let port = |source| intake.address(SourceId(source)).unwrap().port();
    let (consumer, taken, _) = consume(receiver, Duration::ZERO);
    // All that is hostile speaks to the first listener, from three addresses; good senders to both, from a fourth.
    let mut senders: Vec<Child> = ["endless", "random"].iter().map(|what| start(what, port(0), [20, 0])).collect();
    senders.push(start("crowd", port(0), [connections, 0]));
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    let good: Vec<JoinHandle<()>> =
        (0..GOOD).map(|sender| port((sender % 2) as u16)).map(|port| std::thread::spawn(move || good(port))).collect();
    good.into_iter().for_each(|thread| thread.join().unwrap());
    let said = begun.elapsed();
    let from_good = |counts: &[SourceCounts]| {
        counts
            .iter()
            .flat_map(|source| &source.senders)
            .filter(|(sender, _)| is(sender, 9))
            .map(|(_, tally)| tally.get(Count::Records))
            .sum::<u64>()
    };
    while from_good(&intake.counters()) < (GOOD * GOOD_LINES) as u64 && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let arrived = begun.elapsed();
    senders.iter_mut().for_each(|sender| drop(sender.wait()));
    let counts = intake.stop();
    consumer.join().unwrap();
    let (cpu, memory) = cost();
    println!("hostile: an endless line, random bytes, {connections} connections; beside them {GOOD} senders of {GOOD_LINES} lines");
    counts.iter().for_each(|source| println!("    {}: {}", source.source, told(source)));
    println!("    good ones had sent after {said:.2?}, all had arrived after {arrived:.2?}; {cpu:.2} CPU-seconds, {memory} MB at most");
    let of = |last: u8| counts[0].senders.iter().find(|(sender, _)| is(sender, last)).map_or_else(Tally::default, |(_, tally)| *tally);
    check(from_good(&counts) == (GOOD * GOOD_LINES) as u64, "every line of the good senders arrived");
    check(arrived < said + Duration::from_secs(1), "within a second of being sent");
    check(of(2).get(Count::Ended) > 0 && of(2).get(Count::Cut) > 0, "the endless sender was cut and ended");
    check(of(3).get(Count::Records) > 0, "random bytes are only records that nobody will understand");
    check(of(4).get(Count::Refused) + of(4).get(Count::Connections) == connections, "each of the many connections was taken or refused");
    check(of(4).get(Count::Refused) > connections / 2, "most of them were refused: no more than a hundred at a time are taken");
    check(
        taken.iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>()
            == counts.iter().map(|source| source.all.get(Count::Records)).sum(),
        "counted as handed on",
    );
    check(memory < 200, "less than 200 MB");
}

/// Whether a sender is one of this machine's addresses 127.0.0.N.
fn is(sender: &intake::Sender, last: u8) -> bool {
    *sender == intake::Sender::Host(model::Addr::v4([127, 0, 0, last]))
}

/// A connection from one of this machine's addresses.
fn connect(last: u8, to: SocketAddr) -> Option<TcpStream> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).ok()?;
    bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, last, 0)).ok()?;
    connect(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, to.port())).ok()?;
    Some(TcpStream::from(fd))
}

fn good(port: u16) {
    let mut stream = connect(9, own(port)).unwrap();
    for _ in 0..GOOD_LINES / 100 {
        stream.write_all(&LINE.repeat(100)).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn files(megabytes: u64) {
    let folder = std::env::temp_dir().join(format!("intake-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let lines = (megabytes << 20) / LINE.len() as u64;
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("log")).unwrap());
    (0..lines).for_each(|_| file.write_all(LINE).unwrap());
    drop(file);
    let before = cost().0;
    let files = Files { patterns: vec![folder.join("*").display().to_string()], ..Files::default() };
    let (intake, receiver) = open(vec![Origin::Files(files)]);
    let begun = Instant::now();
    let (consumer, taken, _) = consume(receiver, Duration::ZERO);
    while taken[0].load(Ordering::Relaxed) < lines && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = begun.elapsed();
    intake.stop();
    consumer.join().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let (cpu, memory) = cost();
    println!("files: {lines} lines, {megabytes} MB, in {took:.2?}; {:.2} CPU-seconds, {memory} MB at most", cpu - before);
    check(taken[0].load(Ordering::Relaxed) == lines, "every line once");
    check(memory < 200, "less than 200 MB");
}

fn send(what: &str, to: SocketAddr, one: u64, two: u64) {
    match what {
        "udp" => send_udp(to, one, two),
        "crowd" => {
            // Some hundreds are held open at a time; this process has no more descriptors, either.
            let mut held = std::collections::VecDeque::new();
            for _ in 0..one {
                held.extend(connect(4, to));
                if held.len() > 400 {
                    held.pop_front();
                }
            }
            std::thread::sleep(Duration::from_secs(2));
        }
        _ => {
            let (begun, last) = (Instant::now(), if what == "endless" { 2 } else { 3 });
            let mut seed = 88_172_645_463_325_252_u64;
            while begun.elapsed() < Duration::from_secs(5) {
                let Some(mut stream) = connect(last, to) else { continue };
                let mut piece = [b'x'; 65_536];
                loop {
                    if what == "random" {
                        piece.chunks_mut(8).for_each(|chunk| {
                            seed ^= seed << 13;
                            seed ^= seed >> 7;
                            seed ^= seed << 17;
                            chunk.copy_from_slice(&seed.to_le_bytes());
                        });
                    }
                    if stream.write_all(&piece).is_err() || begun.elapsed() > Duration::from_secs(5) {
                        break;
                    }
                }
            }
        }
    }
}

/// Sends so many datagrams a second for so many seconds, a millisecond's worth at a time.
fn send_udp(to: SocketAddr, rate: u64, seconds: u64) {
    let socket = UdpSocket::bind(own(0)).unwrap();
    socket.connect(to).unwrap();
    let total = rate * seconds;
    let (begun, mut sent) = (Instant::now(), 0);
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(1_024, None);
    while sent < total {
        let due = ((begun.elapsed().as_secs_f64() * rate as f64) as u64 + 1).min(total);
        while sent < due {
            let count = (due - sent).min(1_024) as usize;
            let slices = vec![[IoSlice::new(LINE)]; count];
            let addresses = vec![None; count];
            let results = sendmmsg(socket.as_raw_fd(), &mut headers, &slices, addresses, [], MsgFlags::empty());
            sent += results.map_or(0, |results| results.count() as u64);
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
