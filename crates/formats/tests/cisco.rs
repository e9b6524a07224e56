//! Cisco's messages: those printed in S1 to the letter, and today's.

mod stage;

use stage::{lines, seen};

/// S1, slide "an example of a firewall's log"; lines that the slide breaks are joined again. Addresses that the author masked stay masked.
const S1: &str = "\
Oct 26 09:42:48 192.168.1.252 Oct 26 2006 09:42:47: %FWSM-614: Teardown TCP connection 219057346 faddr 10.0.33.2/110 gaddr 10.0.214.45/39220 laddr 192.168.45.242/2070 duration 0:00:00 bytes 1428 (TCP FINs)
Oct 26 09:42:48 192.168.1.248 Oct 26 2006 09:42:47: %FWSM-611: Built dynamic tcp translation from vlan130:192.168.130.26/1052 to outside:10.0.214.130/55631
Oct 26 09:42:48 192.168.1.242 Oct 26 2006 09:42:47: %FWSM-614: Teardown TCP connection 234100792 faddr xxx.15.13.176/49076 gaddr 10.0.243.141/80 laddr 10.0.243.141/80 duration 0:07:22 bytes 18816 (TCP Reset-O)
Oct 26 09:42:48 192.168.1.242 Oct 26 2006 09:42:47: %FWSM-613: Built inbound TCP connection 234102374 for faddr xxx.6.85.111/50652 gaddr 10.0.243.141/80 laddr 10.0.243.141/80
Oct 26 09:42:48 192.168.1.248 Oct 26 2006 09:42:47: %FWSM-613: Built outbound TCP connection 219032008 for faddr xxx.248.239.42/80 gaddr 10.0.214.130/55653 laddr 192.168.130.26/1074
Oct 26 09:42:48 192.168.1.250 Oct 26 2006 09:42:47: %FWSM-615: Built UDP connection for faddr 192.168.0.1/53 gaddr 192.168.238.24/1026 laddr 192.168.238.24/1026
Oct 26 09:42:48 192.168.1.250 Oct 26 2006 09:42:47: %FWSM-611: Built dynamic tcp translation from exitnishina:192.168.224.44/50807 to outside:10.0.38.24/40996
Oct 26 09:42:49 192.168.1.248 Oct 26 2006 09:42:48: %FWSM-614: Teardown TCP connection 219031796 faddr xxx.248.239.42/80 gaddr 10.0.214.130/55667 laddr 192.168.130.26/1088 duration 0:00:00 bytes 1379 (TCP FINs)
";

#[test]
fn the_lines_of_s1_are_read_to_the_letter() {
    let (events, counts) = lines(S1);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(counts.records, 8);
    assert_eq!(
        seen(&events, "conn", &["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "conn_state", "duration", "resp_bytes", "told_by"]),
        [
            "192.168.45.242 2070 10.0.33.2 110 SF 0 1428 cisco 192.168.1.252",
            // Port 80 is inside: somebody outside opened it, whose address the author masked, and broke it off (Reset-O).
            "- 49076 10.0.243.141 80 RSTO 442 18816 cisco 192.168.1.242",
            "192.168.130.26 1088 - 80 SF 0 1379 cisco 192.168.1.248",
            // What was built and never torn down is told at the end.
            "192.168.130.26 1074 - 80 OTH - - cisco",
            "- 50652 10.0.243.141 80 OTH - - cisco",
            "192.168.238.24 1026 192.168.0.1 53 OTH - - cisco",
        ]
    );
    assert_eq!(seen(&events, "device", &["code"]), ["FWSM-611", "FWSM-611"]);
}

#[test]
fn a_session_is_told_when_it_ends_with_the_roles_of_its_beginning() {
    let (events, _) = lines(
        "Oct 26 2006 09:00:00: %ASA-6-302013: Built outbound TCP connection 11 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/1025 (198.51.100.1/3000)\n\
         Oct 26 2006 10:30:00: %ASA-6-302014: Teardown TCP connection 11 for outside:203.0.113.9/443 to inside:10.0.0.5/1025 duration 1:30:00 bytes 70000 TCP FINs\n\
         Oct 26 2006 10:30:01: %ASA-6-302013: Built inbound TCP connection 12 for outside:203.0.113.7/4000 (203.0.113.7/4000) to dmz:10.0.1.5/8080 (198.51.100.1/8080)\n\
         Oct 26 2006 10:30:09: %ASA-6-302014: Teardown TCP connection 12 for outside:203.0.113.7/4000 to dmz:10.0.1.5/8080 duration 0:00:08 bytes 0 SYN Timeout\n",
    );
    assert_eq!(
        seen(&events, "conn", &["ts", "id.orig_h", "id.resp_h", "id.resp_p", "conn_state", "duration"]),
        ["1161853200 10.0.0.5 203.0.113.9 443 SF 5400", "1161858601 203.0.113.7 10.0.1.5 8080 S0 8"]
    );
}

#[test]
fn refusals_of_every_family_are_denied_flows() {
    for (message, expected) in [
        (
            "%ASA-2-106001: Inbound TCP connection denied from 203.0.113.9/5432 to 10.0.0.5/1433 flags SYN on interface outside",
            "tcp 203.0.113.9 5432 10.0.0.5 1433",
        ),
        ("%ASA-2-106006: Deny inbound UDP from 203.0.113.9/5306 to 10.0.0.5/53 on interface outside", "udp 203.0.113.9 5306 10.0.0.5 53"),
        ("%ASA-3-106014: Deny inbound icmp src outside:203.0.113.9 dst outside:10.0.0.5 (type 3, code 2)", "icmp 203.0.113.9 3 10.0.0.5 2"),
        (
            "%ASA-4-106023: Deny tcp src inside:10.0.0.5/2143 dst outside:203.0.113.9/139 by access-group \"inside_inbound\" [0x0, 0x0]",
            "tcp 10.0.0.5 2143 203.0.113.9 139",
        ),
        (
            "%FWSM-6-106100: access-list outside-in denied tcp outside/203.0.113.9(8080) -> inside/10.0.0.5(9997) hit-cnt 1 (first hit) [0xe0, 0x0]",
            "tcp 203.0.113.9 8080 10.0.0.5 9997",
        ),
        ("%ASA-3-710003: TCP access denied by ACL from 203.0.113.9/11 to outside:10.0.0.5/22", "tcp 203.0.113.9 11 10.0.0.5 22"),
        (
            "%ASA-6-106015: Deny TCP (no connection) from 203.0.113.9/80 to 10.0.0.5/1025 flags SYN on interface outside",
            "tcp 203.0.113.9 80 10.0.0.5 1025",
        ),
        (
            "%ASA-4-313004: Denied ICMP type=0, from laddr 203.0.113.9 on interface outside to 10.0.0.5: no matching session",
            "icmp 203.0.113.9 0 10.0.0.5 0",
        ),
    ] {
        let (events, counts) = lines(&format!("Oct 26 2006 09:00:00: {message}\n"));
        assert!(counts.unread.is_empty(), "{:?}", counts.unread);
        assert_eq!(
            seen(&events, "conn", &["proto", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "action", "conn_state"]),
            [format!("{expected} deny S0")],
            "{message}"
        );
    }
}

#[test]
fn logons_to_the_device_and_its_vpn() {
    let (events, _) = lines(
        "Oct 26 2006 09:00:00: %ASA-6-605004: Login denied from 198.18.1.100/56332 to outside:198.18.1.254/ssh for user \"admin\"\n\
         Oct 26 2006 09:00:01: %ASA-6-716001: Group <staff> User <k.sakata> IP <203.0.113.9> WebVPN session started.\n\
         Oct 26 2006 09:00:02: %ASA-4-113019: Group = staff, Username = k.sakata, IP = 203.0.113.9, Session disconnected. Session Type: SSL, Duration: 0h:05m:10s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested\n",
    );
    assert_eq!(
        seen(&events, "logon", &["service", "user", "source", "action", "success"]),
        ["console admin 198.18.1.100 logon F", "vpn k.sakata 203.0.113.9 logon T", "vpn k.sakata 203.0.113.9 logoff T"]
    );
}

#[test]
fn broken_messages_are_kept_raw_with_the_reason() {
    let (events, counts) = lines("Oct 26 2006 09:00:00: %ASA-6-302014: Teardown of something else\nnothing of the kind\n");
    assert_eq!(
        seen(&events, "raw", &["format", "reason"]),
        ["cisco message 302014 is not as its guide says (byte 0)", "- no format recognises it"]
    );
    assert_eq!(counts.unread.len(), 2);
}

#[test]
fn late_packets_of_what_is_over_are_no_attempts() {
    let deny = |flags: &str| {
        format!(
            "Oct 26 2006 09:00:00: %ASA-6-106015: Deny TCP (no connection) from 203.0.113.9/80 to 10.0.0.5/1025 flags {flags} on interface outside\n"
        )
    };
    for (flags, state) in [("RST", "OTH"), ("FIN ACK", "OTH"), ("SYN ACK", "OTH"), ("SYN", "S0")] {
        let (events, _) = lines(&deny(flags));
        assert_eq!(seen(&events, "conn", &["conn_state", "action"]), [format!("{state} deny")], "{flags}");
    }
}

#[test]
fn a_reset_is_its_senders() {
    let session = |way: &str, bytes: u32, reason: &str| {
        format!(
            "Oct 26 2006 09:00:00: %ASA-6-302013: Built {way} TCP connection 11 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/1025 (198.51.100.1/3000)\n\
             Oct 26 2006 09:00:01: %ASA-6-302014: Teardown TCP connection 11 for outside:203.0.113.9/443 to inside:10.0.0.5/1025 duration 0:00:01 bytes {bytes} {reason}\n"
        )
    };
    for (way, bytes, reason, state) in [
        ("outbound", 0, "TCP Reset-O", "REJ"),
        ("outbound", 90, "TCP Reset-O", "RSTR"),
        ("outbound", 90, "TCP Reset-I", "RSTO"),
        ("inbound", 0, "TCP Reset-I", "REJ"),
        ("inbound", 90, "TCP Reset-I", "RSTR"),
        ("inbound", 0, "TCP Reset-O", "RSTO"),
    ] {
        let (events, _) = lines(&session(way, bytes, reason));
        assert_eq!(seen(&events, "conn", &["conn_state"]), [state], "{way} {bytes} {reason}");
    }
}
