//! Which stack fits, exactly, generically and nearly; the database here is made up.

use super::*;

const FILE: &str = "
; made up for this test
classes = unix,win,other

[mtu]
label = Ethernet
sig   = 1500

[tcp:request]

label = g:unix:Unixoid:
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0

label = s:unix:Pinguin:3.x
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0

label = s:win:Fenster:7
sys   = anything
sig   = 4:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:%1024,2:mss,nop,ws,nop,nop,sok:df,id+:0

label = s:!:Knocker:SYN scan
sys   = @unix
sig   = *:64-:0:1460:1024,0:mss::0

[tcp:response]
label = s:unix:Pinguin:server
sig   = *:64:0:*:mtu*10,*:mss:df:0
label = s:other:Peer:1
sig   = 4:64:0:*:mss*4,*:mss::0

[http:request]
label = s:!:Browser:
sig   = 1:Host:::
";

fn check(is_syn: bool, signature: &str, ttl: u8, peer_mss: u16, expected: Option<(&str, bool)>) {
    let database = Database::parse("p0f.fp", FILE).expect("a good file");
    let seen = Signature::parse(signature).expect("a signature");
    let fit = database.fit(is_syn, &seen, ttl, peer_mss);
    let got = fit.map(|fit| (database.system(fit).unwrap_or("a tool"), fit.fuzzy));
    assert_eq!(got, expected, "{signature}");
}

#[test]
fn exact_goes_before_generic_and_generic_before_fuzzy() {
    check(true, "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0", 57, 0, Some(("Pinguin 3.x", false)));
    check(true, "4:64:0:1460:29201,7:mss,sok,ts,nop,ws:df,id+:0", 57, 0, Some(("Unixoid", false)));
    check(true, "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:id-:0", 57, 0, Some(("Unixoid", true)));
    check(true, "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+,ecn:0", 57, 0, Some(("Unixoid", true)));
    check(true, "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+,seq-:0", 57, 0, None);
    // Thirty hops fewer than that are a long way.
    check(true, "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0", 20, 0, Some(("Unixoid", true)));
    check(true, "4:128:0:1460:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0", 200, 0, Some(("Fenster 7", true)));
}

#[test]
fn quirks_of_the_other_family_are_passed_over() {
    check(true, "6:64:0:1440:28800,7:mss,sok,ts,nop,ws::0", 64, 0, Some(("Pinguin 3.x", false)));
    check(true, "6:64:0:1440:28800,7:mss,sok,ts,nop,ws:flow:0", 64, 0, None);
}

#[test]
fn windows_are_multiples_of_what_systems_reckon_by() {
    // Of the segment less a timestamp, of Ethernet's, of any thousand and twenty-four.
    check(true, "4:64:0:1400:27760,7:mss,sok,ts,nop,ws:df,id+:0", 64, 0, Some(("Pinguin 3.x", false)));
    check(true, "4:64:0:1380:29200,7:mss,sok,ts,nop,ws:df,id+:0", 64, 0, Some(("Pinguin 3.x", false)));
    check(true, "4:128:0:1460:5120,2:mss,nop,ws,nop,nop,sok:df,id+:0", 128, 0, Some(("Fenster 7", false)));
    check(false, "4:64:0:1400:14400,5:mss:df:0", 60, 0, Some(("Pinguin server", false)));
    // Of what the other side said.
    check(false, "4:64:0:1234:5400,5:mss::0", 60, 1350, Some(("Peer 1", false)));
    check(false, "4:64:0:1234:5400,5:mss::0", 60, 0, None);
}

#[test]
fn tools_make_up_their_time_to_live() {
    check(true, "4:64:0:1460:1024,0:mss::0", 37, 0, Some(("a tool", false)));
    check(true, "4:64:0:1460:1024,0:mss::0", 65, 0, None);
    check(true, "4:64:0:1460:1024,0:mss:id-:0", 37, 0, None);
}

#[test]
fn hops_are_counted_down_from_the_nearest_default() {
    for (ttl, expected) in [(64, 0), (57, 7), (128, 0), (65, 63), (255, 0), (30, 2), (0, 32)] {
        assert_eq!(hops(ttl), Some(expected));
    }
    assert_eq!((mss(b"4:64:0:1460:1,0:::0"), mss(b""), mss(b"4:64:0:*:1")), (1460, 0, 0));
}

fn wrong(text: &str, expected: &str) {
    assert_eq!(Database::parse("p0f.fp", text).expect_err("a bad file").to_string(), expected.trim_start());
}

#[test]
fn malformed_lines_are_shown_with_a_fix() {
    wrong(
        "[tcp:request]\nsig = *:64:0:*:1,1:mss:df:0\n",
        r#"
p0f.fp:2:1: a signature of nobody
  |
2 | sig = *:64:0:*:1,1:mss:df:0
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^ write a label above it"#,
    );
    wrong(
        "[tcp:request]\nlabel = s:unix:X:1\nsig = *:64:0:*:1,1:mss:no:0\n",
        r#"
p0f.fp:3:1: this is no signature
  |
3 | sig = *:64:0:*:1,1:mss:no:0
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^ one of the quirks is not known"#,
    );
    wrong(
        "[tcp:request]\nlabel = Linux\n",
        r#"
p0f.fp:2:1: this is no label
  |
2 | label = Linux
  | ^^^^^^^^^^^^^ write s:unix:Linux:3.x"#,
    );
    wrong(
        "[tcp:request]\nhello\n",
        r#"
p0f.fp:2:1: this is no line of p0f's
  |
2 | hello
  | ^^^^^ write label = … or sig = …"#,
    );
}

#[test]
fn the_real_database_is_read_whole_where_it_is_installed() {
    #[expect(clippy::disallowed_methods, reason = "a test looks at the machine that it runs on")]
    let Ok(text) = std::fs::read_to_string("/etc/p0f/p0f.fp") else {
        eprintln!("skipped: there is no /etc/p0f/p0f.fp (Debian's package p0f has it)");
        return;
    };
    let database = Database::parse("p0f.fp", &text).expect("p0f's own file");
    assert!(database.len() > 150, "{} signatures", database.len());
}
