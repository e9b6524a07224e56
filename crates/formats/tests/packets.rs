//! Packet filters' lines, in the published formats.

mod stage;

use stage::{lines, seen};

const COLUMNS: [&str; 6] = ["proto", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "action"];

fn check(text: &str, expected: &[&str]) {
    let (events, counts) = lines(text);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(seen(&events, "conn", &COLUMNS), expected);
}

#[test]
fn netfilter_says_what_was_done_by_its_prefix() {
    check(
        "Oct 26 09:42:48 gate kernel: [50028442.088484] [UFW BLOCK] IN=eth0 OUT= MAC=00:08 SRC=203.0.113.9 DST=10.0.0.5 LEN=40 TOS=0x00 TTL=245 ID=37308 PROTO=TCP SPT=8080 DPT=445 WINDOW=1024 RES=0x00 SYN URGP=0\n\
         Oct 26 09:42:48 gate kernel: Shorewall:net2fw:ACCEPT:IN=eth1 OUT= SRC=2001:db8::9 DST=2001:db8::5 LEN=60 HOPLIMIT=6 PROTO=UDP SPT=53 DPT=1036 LEN=40\n\
         Oct 26 09:42:48 gate kernel: IN=eth1 OUT= SRC=203.0.113.9 DST=10.0.0.5 LEN=84 TTL=6 ID=7 PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1\n\
         Oct 26 09:42:48 gate kernel: FW-DROP IN=eth1 OUT= SRC=203.0.113.9 DST=10.0.0.5 LEN=84 TTL=6 ID=7 PROTO=ICMP TYPE=3 CODE=1 [SRC=10.0.0.5 DST=198.51.100.1 LEN=40 PROTO=TCP SPT=1 DPT=2 ]\n\
         101 1 tap101i0-IN 26/Oct/2006:09:42:48 +0200 policy DROP: IN=fwbr101i0 OUT=fwbr101i0 MAC=a2 SRC=10.3.95.34 DST=10.3.95.200 LEN=60 TTL=63 ID=37 DF PROTO=TCP SPT=51604 DPT=22 SYN\n",
        &[
            "tcp 203.0.113.9 8080 10.0.0.5 445 deny",
            "udp 2001:db8::9 53 2001:db8::5 1036 allow",
            "icmp 203.0.113.9 8 10.0.0.5 0 -",
            "icmp 203.0.113.9 3 10.0.0.5 1 deny",
            "tcp 10.3.95.34 51604 10.3.95.200 22 deny",
        ],
    );
}

#[test]
fn ipmon_with_its_own_file_and_behind_syslog() {
    check(
        "26/08/2005 21:35:59.123456 Inc1 @0:1 b 192.168.0.1,1036 -> 133.83.18.55,445 PR tcp len 20 48 -S IN\n\
         Aug 26 21:35:59 tnasti-bsd ipmon[71]: 21:35:59.123456 3x Inc2 @200:1 p 192.168.1.1,1037 -> 192.168.1.2,53 PR udp len 20 60 K-S OUT\n\
         Aug 26 21:35:59 tnasti-bsd ipmon[71]: 21:35:59.123456 Inc1 @0:1 b 192.168.0.1 -> 133.83.18.55 PR icmp len 20 84 icmp echo/0 IN\n",
        &[
            "tcp 192.168.0.1 1036 133.83.18.55 445 deny",
            "udp 192.168.1.1 1037 192.168.1.2 53 allow",
            "icmp 192.168.0.1 8 133.83.18.55 0 deny",
        ],
    );
    let (events, _) = lines("26/08/2005 21:35:59.500 Inc1 @0:1 b 192.168.0.1,1036 -> 133.83.18.55,445 PR tcp len 20 48 -S IN\n");
    assert_eq!(seen(&events, "conn", &["ts", "orig_pkts", "orig_ip_bytes"]), ["1125092159.5 1 48"]);
}

#[test]
fn ipfw_in_the_kernels_log() {
    check(
        "Oct 26 09:42:48 gate kernel: ipfw: 100 Deny TCP 10.0.0.5:1036 203.0.113.9:445 in via fxp0\n\
         Oct 26 09:42:48 gate kernel: ipfw: 65000 Accept UDP 10.0.0.5:1037 192.0.2.53:53 out via fxp0\n\
         Oct 26 09:42:48 gate kernel: ipfw: 65000 Deny ICMP:8.0 203.0.113.9 10.0.0.5 in via fxp0\n\
         Oct 26 09:42:48 gate kernel: ipfw: 300 Forward to 10.0.0.1:3128 TCP 10.0.0.5:1038 203.0.113.9:80 out via fxp0\n",
        &[
            "tcp 10.0.0.5 1036 203.0.113.9 445 deny",
            "udp 10.0.0.5 1037 192.0.2.53 53 allow",
            "icmp 203.0.113.9 8 10.0.0.5 0 deny",
            "tcp 10.0.0.5 1038 203.0.113.9 80 allow",
        ],
    );
}

#[test]
fn pf_as_text_and_as_filterlog() {
    check(
        "Oct 26 09:42:48 gate filterlog: 53,,,1000000301,em0,match,block,in,4,0x0,,64,420,0,none,6,tcp,460,10.0.0.5,203.0.113.9,1036,445,420,PA,29633380:29633800,3617062173,65535,,\n\
         <134>1 2006-10-26T09:42:48+00:00 gate filterlog 69805 - [meta sequenceId=\"2\"] 98,,,881d,re0,match,pass,in,6,0x00,0x0ea87,51,udp,17,73,2001:db8::5,2001:db8::9,6881,51918,73\n\
         <134>1 2006-10-26T09:42:48+00:00 gate filterlog 69805 - - 98,,,881d,re0,match,block,in,4,0x0,,64,420,0,none,1,icmp,84,203.0.113.9,10.0.0.5,request,1,1,64\n\
         Oct 26 09:42:48 gate pf: rule 7/0(match): block in on em0: 10.0.0.5.1036 > 203.0.113.9.445: Flags [S], seq 7, win 8\n\
         Oct 26 09:42:48.123456 rule 2/(match) [uid 0, pid 7] pass out on fxp0: 10.0.0.5.1037 > 192.0.2.53.53: 42+ A? a.example. (27)\n\
         Oct 26 09:42:48 gate pf: rule 7/0(match): block in on em0: 203.0.113.9 > 10.0.0.5: ICMP echo request, id 7, seq 1, length 64\n",
        &[
            "tcp 10.0.0.5 1036 203.0.113.9 445 deny",
            "udp 2001:db8::5 6881 2001:db8::9 51918 allow",
            "icmp 203.0.113.9 8 10.0.0.5 0 deny",
            "tcp 10.0.0.5 1036 203.0.113.9 445 deny",
            "udp 10.0.0.5 1037 192.0.2.53 53 allow",
            "icmp 203.0.113.9 8 10.0.0.5 0 deny",
        ],
    );
}
