//! Lines of programs without a format of their own, and of the smaller formats: IOS, HAProxy, W3C's, Amazon's, Linux's audit.

mod stage;

use stage::{lines, seen};

#[test]
fn the_panels_of_s2_are_read() {
    // S2's SIM, as printed: logins to the VPN, and a suspected worm.
    let (events, counts) = lines(
        "27 10 2005 15:24:22 JST\tHigh\tUser authenticated\tfurukawayassuyuki\t222.13.3.37\n\
         27 10 2005 15:11:21 JST\tHigh\tUser authenticated\tnakajima.kazuki\t210.165.65.122\n\
         27 10 2005 15:11:02 JST\tHigh\tUser authenticated\tk.sakata\t208.54.32.252\n\
         Suspected Worm Infection\t27 10 2005 13:49:18 JST\t172.21.97.24\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "logon", &["user", "source", "success"]),
        ["furukawayassuyuki 222.13.3.37 T", "nakajima.kazuki 210.165.65.122 T", "k.sakata 208.54.32.252 T"]
    );
    assert_eq!(seen(&events, "device", &["source"]), ["172.21.97.24"]);
}

#[test]
fn ios_and_its_like() {
    let (events, counts) = lines(
        "<189>7: gate: 022546: Oct 26 09:42:48: %SEC-6-IPACCESSLOGP: list INSIDE denied tcp 10.0.0.5(1036) -> 203.0.113.9(445), 1 packet\n\
         Oct 26 09:42:48 gate 77: *Oct 26 09:42:48.123: %SEC-6-IPACCESSLOGDP: list 101 permitted icmp 10.0.0.5 -> 203.0.113.9 (8/0), 3 packets\n\
         Oct 26 09:42:48 gate %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 203.0.113.7] [localport: 22] [Reason: Login Authentication Failed]\n\
         Oct 26 09:42:48 gate %SYS-5-CONFIG_I: Configured from console by sakata on vty0 (10.0.0.7)\n\
         Oct 26 09:42:48 leaf Acl: %ACL-6-IPACCESS: list acl-internet Ethernet1 denied tcp 203.0.113.7(63751) -> 10.0.0.5(445)\n\
         Oct 26 09:42:48 gate %FW-6-SESS_AUDIT_TRAIL: Stop tcp session: initiator (10.0.0.5:1036) sent 22 bytes -- responder (203.0.113.9:80) sent 208 bytes\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "conn", &["proto", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "action", "resp_bytes"]),
        [
            "tcp 10.0.0.5 1036 203.0.113.9 445 deny -",
            "icmp 10.0.0.5 8 203.0.113.9 0 allow -",
            "tcp 203.0.113.7 63751 10.0.0.5 445 deny -",
            "tcp 10.0.0.5 1036 203.0.113.9 80 allow 208"
        ]
    );
    assert_eq!(seen(&events, "logon", &["service", "user", "source", "success"]), ["console admin 203.0.113.7 F"]);
    assert_eq!(seen(&events, "device", &["code", "user", "source"]), ["SYS-CONFIG_I sakata 10.0.0.7"]);
}

#[test]
fn requests_of_haproxy_iis_and_amazon() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 lb haproxy[7]: 10.0.0.5:1036 [26/Oct/2006:09:42:48.123] front back/web1 0/0/1/2/3 404 741 - - ---- 1/1/0/0/0 0/0 \"GET /a HTTP/1.1\"\n\
         Oct 26 09:42:48 lb haproxy[7]: 10.0.0.6:1037 [26/Oct/2006:09:42:48.123] main app/web1 0/0/1500 212 -- 1/1/0/0/0 0/0\n\
         #Software: Microsoft Internet Information Services 10.0\n\
         #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n\
         2006-10-26 09:42:48 10.0.0.80 GET /b x=1 443 sakata 10.0.0.7 Agent/1+(a) 200\n\
         2006-10-26T09:42:48.000000Z lb-1 10.0.0.8:1038 10.0.0.80:80 0.001 0.002 0.003 200 200 0 29 \"GET http://a.example:80/c HTTP/1.1\" \"Agent/2\" - -\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "http", &["id.orig_h", "method", "host", "uri", "status_code", "username", "user_agent"]),
        ["10.0.0.5 GET - /a 404 - -", "10.0.0.7 GET - /b?x=1 200 sakata Agent/1 (a)", "10.0.0.8 GET a.example /c 200 - Agent/2"]
    );
    assert_eq!(seen(&events, "conn", &["id.orig_h", "duration", "resp_bytes"]), ["10.0.0.6 1.5 212"]);
}

#[test]
fn objects_pairs_and_sentences_of_any_program() {
    let (events, counts) = lines(
        "{\"level\":\"info\",\"ts\":1161855768.5,\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":{\"remote_ip\":\"10.0.0.5\",\"remote_port\":\"1036\",\"proto\":\"HTTP/2.0\",\"method\":\"GET\",\"host\":\"a.example\",\"uri\":\"/b\",\"headers\":{\"User-Agent\":[\"Agent/1\"]}},\"size\":7,\"status\":404}\n\
         {\"time\":\"2006-10-26T09:42:48Z\",\"level\":\"error\",\"msg\":\"Unsuccessful 1FA authentication attempt by user 'sakata'\",\"remote_ip\":\"203.0.113.7\"}\n\
         {\"log\":\"10.0.0.6 - - [26/Oct/2006:09:42:48 +0000] \\\"GET /c HTTP/1.1\\\" 200 7\\n\",\"stream\":\"stdout\",\"time\":\"2006-10-26T09:42:48Z\"}\n\
         2006-10-26T09:42:48.000000000Z stdout F 10.0.0.7 - - [26/Oct/2006:09:42:48 +0000] \"GET /d HTTP/1.1\" 200 7\n\
         device=\"SFW\" date=2006-10-26 time=09:42:48 log_type=\"Firewall\" log_subtype=\"Denied\" src_ip=10.0.0.8 src_port=1036 dst_ip=203.0.113.9 dst_port=445 protocol=\"TCP\"\n\
         <134>1 1161855768.123 MX84 flows src=10.0.0.9 dst=203.0.113.9 mac=00:00:5e:00:53:01 protocol=udp sport=1036 dport=53 pattern: allow all\n\
         2006-10-26 09:42:48 WARN  [a.b] login failed for user \"sakata\" from 203.0.113.8:4242\n\
         Oct 26 09:42:48 router forward: in:ether1 out:bridge, src-mac 00:00:5e:00:53:01, proto TCP (SYN), 10.0.0.10:1036->203.0.113.9:8000, len 64\n\
         type=USER_LOGIN msg=audit(1161855768.000:7): pid=7 uid=0 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.10 terminal=ssh res=failed'\n\
         \tat a.b.C.run(C.java:7)\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "http", &["ts", "id.orig_h", "method", "host", "uri", "status_code", "user_agent"]),
        ["1161855768.5 10.0.0.5 GET a.example /b 404 Agent/1", "1161855768 10.0.0.6 GET - /c 200 -", "1161855768 10.0.0.7 GET - /d 200 -"]
    );
    assert_eq!(
        seen(&events, "logon", &["service", "user", "source", "success"]),
        ["application sakata 203.0.113.7 F", "application sakata 203.0.113.8 F", "ssh root 203.0.113.10 F"]
    );
    assert_eq!(
        seen(&events, "conn", &["proto", "id.orig_h", "id.resp_h", "id.resp_p", "action"]),
        ["tcp 10.0.0.8 203.0.113.9 445 deny", "udp 10.0.0.9 203.0.113.9 53 allow", "tcp 10.0.0.10 203.0.113.9 8000 allow"]
    );
}

#[test]
fn what_is_no_log_stays_unread() {
    let (_, counts) = lines("once upon a time\n\nthere was a line without a time\nand 10.0.0.5 was no address in it\n");
    assert_eq!(counts.unread.iter().map(|unread| unread.count).sum::<u64>(), 3);
}
