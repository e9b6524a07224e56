//! What the sample dialogues of SMB, DCE/RPC and Kerberos say, row by row.

use contract::{Heads, Next, Protocol, Recorded, Side, Verdict};
use model::{Event, Timestamp, Value};
use protocols::CATALOGUE;
use std::path::Path;
use testkit::dialogue::Dialogue;

fn row(protocol: &str) -> &'static dyn Protocol {
    *CATALOGUE.iter().find(|row| row.name() == protocol).expect("the protocol is in the catalogue")
}

fn dialogue(protocol: &str, name: &str) -> Dialogue {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues").join(protocol);
    let dialogues = Dialogue::load_folder(&folder).expect("they are understood");
    dialogues.into_iter().find(|dialogue| dialogue.name.ends_with(&format!("{name}.txt"))).expect("it is there")
}

/// Plays `dialogues/PROTOCOL/NAME.txt`, a second between its pieces.
fn play(protocol: &str, name: &str) -> Recorded {
    let dialogue = dialogue(protocol, name);
    let mut out = Recorded::new(dialogue.flow());
    let mut analyzer = row(protocol).open(&out.flow);
    for (at, (side, piece)) in dialogue.pieces.iter().enumerate() {
        match analyzer.feed(Timestamp::from_secs(at as i64), *side, piece.chunk(), &mut out) {
            Ok(Next::Continue) => {}
            Ok(_) => break,
            Err(violation) => {
                out.weirds.push(("violation", violation.reason.to_string()));
                break;
            }
        }
    }
    analyzer.close(Timestamp::from_secs(99), &mut out);
    out
}

fn text(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Static(text) => (*text).to_owned(),
        Value::Count(n) => n.to_string(),
        Value::Bool(yes) => if *yes { "T" } else { "F" }.to_owned(),
        Value::Interval(time) => format!("{time}"),
        other => format!("{other:?}"),
    }
}

/// The rows of a kind, each as `name=value`, of the columns that are set, but not of times.
fn rows(events: &[Event], kind: &str) -> Vec<String> {
    let set = |row: &Event| {
        let cells = row.kind().fields.iter().filter_map(|field| {
            let value = row.get(row.kind().column(field.name));
            (!matches!(value, Value::Unset | Value::Time(_))).then(|| format!("{}={}", field.name, text(value)))
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    events.iter().filter(|row| row.kind().name == kind).map(set).collect()
}

/// The services, and what was odd.
fn around(out: &Recorded) -> (String, String) {
    (out.services.join(" "), out.weirds.iter().map(|(name, addl)| format!("{name} {addl}")).collect::<Vec<_>>().join("; "))
}

#[test]
fn a_file_is_written_and_read_over_smb_2() {
    let out = play("smb", "smb2-file");
    assert_eq!(around(&out), ("smb ntlm gssapi".into(), String::new()));
    assert_eq!(rows(&out.events, "smb_mapping"), [r"path=\\files.example.com\reports share_type=DISK"]);
    assert_eq!(rows(&out.events, "smb_files"), [r"action=SMB::FILE_OPEN path=\\files.example.com\reports name=2020\sums.txt size=12"]);
    assert_eq!(
        rows(&out.events, "ntlm"),
        [
            "username=alice hostname=DESK domainname=EXAMPLE server_nb_computer_name=FILES server_dns_computer_name=files.example.com success=T"
        ]
    );
    let [file] = &out.files[..] else { panic!("one file, not {:?}", out.files) };
    assert_eq!(
        (file.source, file.name.as_deref(), &file.data[..], file.ended),
        ("SMB", Some(&b"2020\\sums.txt"[..]), &b"one two thr"[..], true)
    );
}

#[test]
fn holes_in_smb_cost_what_they_hide() {
    let out = play("smb", "smb2-gap");
    assert_eq!(around(&out), ("smb ntlm gssapi".into(), String::new()));
    assert_eq!(rows(&out.events, "smb_files"), [r"action=SMB::FILE_OPEN path=\\files.example.com\reports name=sums.txt size=0"]);
    assert!(out.files.is_empty(), "a body is only taken from whole messages");
}

#[test]
fn a_pipe_of_smb_1_carries_calls() {
    let out = play("smb", "smb1-pipe");
    assert_eq!(around(&out), ("smb ntlm gssapi dce_rpc".into(), String::new()));
    assert_eq!(rows(&out.events, "smb_mapping"), [r"path=\\FILES\IPC$ service=IPC share_type=PIPE"]);
    assert_eq!(rows(&out.events, "dce_rpc"), [r"rtt=1.000000 named_pipe=\PIPE\svcctl endpoint=svcctl operation=OpenSCManagerW"]);
}

#[test]
fn malformed_smb_is_a_violation() {
    let violation = |name| around(&play("smb", name)).1;
    assert_eq!(violation("smb2-malformed"), "violation Binpac exception: binpac exception: out_of_bound: SMB2_PDU:message");
    assert!(violation("smb1-andx").starts_with("violation Binpac exception"));
}

#[test]
fn calls_are_answered_or_fail() {
    let out = play("dce_rpc", "endpoint-mapper");
    let call = "rtt=1.000000 named_pipe=135 endpoint=epmapper operation=ept_map";
    assert_eq!((around(&out), rows(&out.events, "dce_rpc")), (("dce_rpc".into(), String::new()), vec![call.to_owned(), call.to_owned()]));
    let calls = [
        "rtt=2.000000 named_pipe=49664 endpoint=svcctl operation=CreateServiceW",
        "rtt=1.000000 named_pipe=49664 endpoint=svcctl operation=CloseServiceHandle",
    ];
    assert_eq!(rows(&play("dce_rpc", "fragments").events, "dce_rpc"), calls);
    assert!(rows(&play("dce_rpc", "gap").events, "dce_rpc").is_empty());
    assert!(rows(&play("dce_rpc", "malformed").events, "dce_rpc").is_empty());
}

#[test]
fn tickets_are_asked_for() {
    let refused = "request_type=AS client=alice/EXAMPLE.COM service=krbtgt/EXAMPLE.COM success=F error_msg=KDC_ERR_PREAUTH_REQUIRED forwardable=T renewable=T";
    for protocol in ["krb", "krb_tcp"] {
        let out = play(protocol, "login");
        assert_eq!(around(&out), (protocol.into(), String::new()));
        assert_eq!(rows(&out.events, "kerberos"), [refused], "the first request of a flow has the row");
    }
    let granted = "request_type=AS client=alice/EXAMPLE.COM service=krbtgt/EXAMPLE.COM success=T cipher=aes256-cts-hmac-sha1-96 forwardable=T renewable=T";
    assert_eq!(rows(&play("krb_tcp", "preauthenticated").events, "kerberos"), [granted]);
    let service =
        "request_type=TGS client=alice/EXAMPLE.COM service=cifs/files.example.com success=T cipher=rc4-hmac forwardable=T renewable=T";
    assert_eq!(rows(&play("krb", "service").events, "kerberos"), [service]);
    for protocol in ["krb", "krb_tcp"] {
        assert_eq!(around(&play(protocol, "malformed")).1, "violation not a Kerberos message");
    }
}

#[test]
fn protocols_are_known_by_their_first_bytes_on_any_port() {
    for (protocol, name) in [("smb", "smb2-file"), ("smb", "smb1-pipe"), ("dce_rpc", "fragments"), ("krb", "login"), ("krb_tcp", "login")] {
        let dialogue = dialogue(protocol, name);
        let (orig, resp) = (dialogue.said(Side::Orig), dialogue.said(Side::Resp));
        for row in CATALOGUE.iter().filter(|row| row.transports().contains(&dialogue.transport)) {
            let heads = Heads { transport: dialogue.transport, orig: &orig, resp: &resp, orig_port: 50_000, resp_port: 50_001 };
            assert_eq!(row.probe(&heads) == Verdict::Yes, row.name() == protocol, "{} about {protocol}", row.name());
        }
    }
}
