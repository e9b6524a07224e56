//! A process that has given up its rights is refused what an intruder would want, and can still do its work. It runs as a process of
//! its own: this test, called again.

use sandbox::{Become, Needs, Reach, Sockets, drop_rights, enter};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "SANDBOX_TEST_FOLDER";
const DROPS: &str = "SANDBOX_TEST_DROPS";

fn refused<T>(what: &str, result: std::io::Result<T>) {
    match result {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => println!("refused: {what}"),
        Err(error) => panic!("{what}: refused otherwise: {error}"),
        Ok(_) => panic!("{what}: not refused"),
    }
}

/// The process's part.
#[test]
fn inside() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let open = File::create(folder.join("before.log"));
    if std::env::var_os(DROPS).is_some() {
        let now = drop_rights(&Become::default(), std::slice::from_ref(&folder)).expect("rights given up").expect("it was root's");
        assert_eq!(now.name, "nobody");
        // Of this thread: a test is not its process's first.
        let status = fs::read_to_string("/proc/thread-self/status").expect("its own status");
        let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        assert!(line("Uid:").split_whitespace().skip(1).all(|uid| uid == now.uid.to_string()), "{}", line("Uid:"));
        assert!(line("CapEff:").ends_with("0000000000000000") && line("NoNewPrivs:").ends_with('1'));
        println!("user: {}", now.name);
    }
    let needs = Needs { writes: vec![folder.clone()], reads: vec![folder.clone()], sockets: Sockets::Local, runs_programs: false };
    let told = enter(&needs);
    for missing in told.missing() {
        println!("missing: {missing}");
    }
    // Its work goes on.
    writeln!(open.expect("a file"), "a line").expect("an open file is written");
    fs::write(folder.join("after.log"), "a line").expect("a new log is written");
    fs::rename(folder.join("after.log"), folder.join("rotated.log")).expect("a log is rotated");
    assert_eq!(fs::read(folder.join("rotated.log")).expect("it is read"), b"a line");
    UnixDatagram::unbound().expect("a local socket is made");
    std::thread::spawn(|| ()).join().expect("threads are started");
    // Nothing else does.
    if told.files == Reach::Whole || matches!(told.files, Reach::Partly(_)) {
        refused("reading /etc/shadow", File::open("/etc/shadow"));
        refused("listing /", fs::read_dir("/"));
        refused("writing elsewhere", File::create("/tmp/hyakuyo-sandbox-test"));
        std::thread::spawn(|| refused("reading /etc/shadow in a thread", File::open("/etc/shadow"))).join().expect("a thread");
    }
    if told.calls == Reach::Whole {
        refused("running a program", Command::new("/bin/true").status());
        refused("an IP socket", UdpSocket::bind("127.0.0.1:0"));
    }
    println!("done: {}", told.is_whole());
}

fn run(folder: &Path, drops: bool) -> String {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "inside", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    if drops {
        command.env(DROPS, "1");
    }
    let output = command.output().expect("the process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = fs::remove_dir_all(folder);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn what_an_intruder_wants_is_refused() {
    let text = run(&std::env::temp_dir().join(format!("hyakuyo-sandbox-{}", std::process::id())), false);
    for what in ["reading /etc/shadow", "running a program", "an IP socket"] {
        let expected = text.contains(&format!("refused: {what}"));
        // An old kernel lacks something, and says so.
        assert!(expected || text.contains("missing:"), "{what}: {text}");
    }
    assert!(text.contains("done: "), "{text}");
}

#[test]
fn root_becomes_nobody_for_good() {
    if !fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("Uid:\t0\t0")) {
        eprintln!("skipped: this takes root");
        return;
    }
    let text = run(&std::env::temp_dir().join(format!("hyakuyo-drop-{}", std::process::id())), true);
    assert!(text.contains("user: nobody") && text.contains("refused: reading /etc/shadow"), "{text}");
}
