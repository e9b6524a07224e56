//! Name servers' lines: BIND 8 as printed in S0 to the letter, BIND 9, Unbound, dnsmasq.

mod stage;

use stage::{lines, seen};

/// S0: BIND 8's queries.
const S0: &str = "\
26-Aug-2005 21:23:21.201 queries: XX+/192.168.0.1/dc21.dc21business.com/A/IN
26-Aug-2005 21:31:44.679 queries: XX+/192.168.0.1/zaminbank.net/A/IN
26-Aug-2005 21:35:58.692 queries: XX+/192.168.0.1/zajahost.net/A/IN
26-Aug-2005 21:35:58.784 queries: XX+/192.168.0.1/microsoft.com/A/IN
26-Aug-2005 21:44:31.342 queries: XX+/192.168.0.1/google.com/A/IN
26-Aug-2005 21:44:31.781 queries: XX+/192.168.0.1/www.rit.edu/A/IN
26-Aug-2005 21:44:32.222 queries: XX+/192.168.0.1/www.google.com/A/IN
26-Aug-2005 21:44:32.321 queries: XX+/192.168.0.1/www.google.com/A/IN
26-Aug-2005 21:44:48.342 queries: XX+/192.168.0.1/3.0.168.192.in-addr.arpa/PTR/IN
26-Aug-2005 21:50:29.937 queries: XX+/192.168.0.1/acs.pandasoftware.com/A/IN
26-Aug-2005 21:56:49.069 queries: XX+/192.168.0.1/www.rit.edu/A/IN
26-Aug-2005 21:56:49.165 queries: XX+/192.168.0.1/google.com/A/IN
26-Aug-2005 21:56:49.358 queries: XX+/192.168.0.1/www.google.com/A/IN
26-Aug-2005 21:57:11.741 queries: XX+/192.168.0.1/2.0.168.192.in-addr.arpa/PTR/IN
";

#[test]
fn the_queries_of_s0_are_read_to_the_letter() {
    let (events, counts) = lines(S0);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    let rows = seen(&events, "dns", &["ts", "id.orig_h", "query", "qtype", "qtype_name", "RD"]);
    assert_eq!(rows.len(), 14);
    assert_eq!(rows[0], "1125091401.201 192.168.0.1 dc21.dc21business.com 1 A T");
    assert_eq!(rows[13], "1125093431.741 192.168.0.1 2.0.168.192.in-addr.arpa 12 PTR T");
}

#[test]
fn queries_of_every_generation_of_bind_9() {
    let (events, counts) = lines(
        "26-Oct-2006 09:42:48.326 client 10.0.0.5#1030: query: a.example IN A\n\
         26-Oct-2006 09:42:48.326 queries: info: client 10.0.0.5#1030: view inside: query: A.example IN MX -\n\
         26-Oct-2006 09:42:48.326 queries: info: client @0x7f6 2001:db8::5#1030 (a.example): query: a.example IN TYPE65 +E(0)TK (10.0.0.1)\n\
         2006-10-26T09:42:48.326Z queries: info: client @0x7f6 10.0.0.5#1030 (a.example): query: a.example IN AAAA +E(0)K (10.0.0.1)\n\
         Oct 26 09:42:48 ns1 named[7]: client @0x7f6 10.0.0.5#1030 (a.example): query: a.example IN ANY + (10.0.0.1)\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "dns", &["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "query", "qtype", "qtype_name", "RD"]),
        [
            "10.0.0.5 1030 - 53 udp a.example 1 A -",
            "10.0.0.5 1030 - 53 udp a.example 15 MX F",
            "2001:db8::5 1030 10.0.0.1 53 tcp a.example 65 TYPE65 T",
            "10.0.0.5 1030 10.0.0.1 53 udp a.example 28 AAAA T",
            "10.0.0.5 1030 10.0.0.1 53 udp a.example 255 * T",
        ]
    );
}

#[test]
fn what_named_refuses_transfers_and_says() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 ns1 named[7]: client 203.0.113.7#3076 (a.example): query (cache) 'a.example/ANY/IN' denied\n\
         Oct 26 09:42:48 ns1 named[7]: 26-Oct-2006 09:42:48.425 security: error: client @0x7f 203.0.113.7#3077 (a.example): zone transfer 'a.example/AXFR/IN' denied\n\
         Oct 26 09:42:48 ns1 named[7]: client 10.0.0.2#3078 (a.example): transfer of 'a.example/IN': AXFR started (serial 7)\n\
         26-Oct-2006 09:42:48.425 query-errors: info: client @0x7f 10.0.0.5#3079 (b.example): query failed (SERVFAIL) for b.example/IN/A at query.c:7\n\
         26-Oct-2006 09:42:48.425 lame-servers: info: lame server resolving 'c.example' (in 'c.example'?): 192.0.2.53#53\n\
         Oct 26 09:42:48 ns1 named[7]: zone a.example/IN: loaded serial 7\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "dns", &["id.orig_h", "proto", "query", "qtype_name", "rcode_name", "rejected"]),
        [
            "203.0.113.7 udp a.example * REFUSED T",
            "203.0.113.7 tcp a.example AXFR REFUSED T",
            "10.0.0.2 tcp a.example AXFR - -",
            "10.0.0.5 udp b.example A SERVFAIL F"
        ]
    );
    assert_eq!(seen(&events, "device", &["program", "code", "source"]), ["named lame-servers 192.0.2.53", "named - -"]);
}

#[test]
fn unbound_with_and_without_syslog() {
    let (events, counts) = lines(
        "2006-10-26T09:42:48.52+00:00 gate unbound: [2541:0] info: 10.0.0.5 github.com. AAAA IN\n\
         [1161855768] unbound[2541:0] info: 10.0.0.5 a.example. A IN NXDOMAIN 0.038814 0 54\n\
         [1161855768] unbound[2541:0] info: b.example. always_nxdomain 10.0.0.5@4000 x.b.example. A IN\n\
         [1161855768] unbound[2541:0] error: SERVFAIL <c.example. A IN>: all servers failed\n\
         Oct 26 09:42:48 gate unbound: [2541:0] notice: sendto failed: Can't assign requested address\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "dns", &["id.orig_h", "query", "qtype_name", "rcode_name"]),
        ["10.0.0.5 github.com AAAA -", "10.0.0.5 a.example A NXDOMAIN", "10.0.0.5 x.b.example A NXDOMAIN", "- c.example A SERVFAIL"]
    );
    assert_eq!(seen(&events, "device", &["program", "code"]), ["unbound notice"]);
}

#[test]
fn dnsmasqs_answers_come_with_their_question() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 dnsmasq[7]: query[A] a.example from 10.0.0.5\n\
         Oct 26 09:42:48 dnsmasq[7]: forwarded a.example to 192.0.2.53\n\
         Oct 26 09:42:49 dnsmasq[7]: reply a.example is <CNAME>\n\
         Oct 26 09:42:49 dnsmasq[7]: reply b.example is 203.0.113.9\n\
         Oct 26 09:42:49 dnsmasq[7]: reply b.example is 203.0.113.10\n\
         Oct 26 09:42:50 gate dnsmasq[7]: 12 10.0.0.6/4000 query[AAAA] c.example from 10.0.0.6\n\
         Oct 26 09:42:50 gate dnsmasq[7]: 12 10.0.0.6/4000 cached c.example is NXDOMAIN\n\
         Oct 26 09:42:51 gate dnsmasq[7]: query[A] never.example from 10.0.0.6\n\
         Oct 26 09:42:52 gate dnsmasq-dhcp[7]: DHCPACK(br0) 10.0.0.7 02:00:00:00:00:07 pc7\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "dns", &["ts", "id.orig_h", "query", "qtype_name", "rcode_name", "answers"]),
        [
            "1161855768 10.0.0.5 a.example A NOERROR 203.0.113.9,203.0.113.10",
            "1161855770 10.0.0.6 c.example AAAA NXDOMAIN -",
            "1161855771 10.0.0.6 never.example A - -"
        ]
    );
    assert_eq!(seen(&events, "device", &["program"]), ["dnsmasq"]);
}
