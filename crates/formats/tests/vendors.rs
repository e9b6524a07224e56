//! Makers' firewalls and VPNs, in the published formats.

mod stage;

use stage::{lines, seen};

const COLUMNS: [&str; 10] =
    ["ts", "proto", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "action", "duration", "orig_bytes", "resp_bytes"];

fn flows(text: &str, expected: &[&str]) {
    let (events, counts) = lines(text);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(seen(&events, "conn", &COLUMNS), expected);
}

#[test]
fn fortigates_traffic_and_logons() {
    let text = "<189>date=2006-10-26 time=18:42:55 devname=\"gate\" devid=\"FG1\" eventtime=1161855775000000000 tz=\"+0900\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" srcip=10.0.0.5 srcport=1036 dstip=203.0.113.9 dstport=443 sessionid=77 proto=6 action=\"close\" duration=7 sentbyte=800 rcvdbyte=900 sentpkt=8 rcvdpkt=9\n\
                date=2006-10-26 time=18:42:48 tz=\"+0900\" devid=\"FG1\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"warning\" srcip=10.0.0.5 srcport=1036 dstip=203.0.113.9 dstport=6667 sessionid=78 proto=6 action=\"deny\" sentbyte=0 rcvdbyte=0\n\
                date=2006-10-26 time=09:42:48 eventtime=1161855768 logid=\"0101039426\" type=\"event\" subtype=\"vpn\" level=\"alert\" action=\"ssl-login-fail\" remip=203.0.113.7 user=\"x\" reason=\"sslvpn_login_unknown_user\"\n\
                date=2006-10-26 time=09:42:48 eventtime=1161855768 logid=\"0100032001\" type=\"event\" subtype=\"system\" level=\"information\" user=\"admin\" ui=\"ssh(10.0.0.7)\" action=\"login\" status=\"success\" srcip=10.0.0.7\n\
                date=2006-10-26 time=09:42:48 eventtime=1161855768 logid=\"0317013312\" type=\"utm\" subtype=\"webfilter\" level=\"notice\" srcip=10.0.0.5 srcport=1037 dstip=203.0.113.9 dstport=80 proto=6 action=\"passthrough\" hostname=\"a.example\" url=\"http://a.example/b\" msg=\"x\"\n";
    flows(
        text,
        &["1161855768 tcp 10.0.0.5 1036 203.0.113.9 443 allow 7 800 900", "1161855768 tcp 10.0.0.5 1036 203.0.113.9 6667 deny - - -"],
    );
    let (events, _) = lines(text);
    assert_eq!(
        seen(&events, "logon", &["service", "user", "source", "action", "success"]),
        ["vpn x 203.0.113.7 logon F", "console admin 10.0.0.7 logon T"]
    );
    assert_eq!(seen(&events, "http", &["id.orig_h", "host", "uri"]), ["10.0.0.5 a.example /b"]);
}

#[test]
fn palo_altos_csv() {
    let text = "Oct 26 09:42:55 gate 1,2006/10/26 09:42:55,0016,TRAFFIC,end,2561,2006/10/26 09:42:55,10.0.0.5,203.0.113.9,0.0.0.0,0.0.0.0,rule,,,ssl,vsys1,Trust,Untrust,ae1,ae2,log,2006/10/26 09:42:55,77,1,1036,443,0,0,0x0,tcp,allow,1700,800,900,17,2006/10/26 09:42:48,7,any,0,1,0x0,a,b,0,8,9,tcp-fin\n\
                1,2006/10/26 09:42:48,0016,TRAFFIC,drop,2561,2006/10/26 09:42:48,10.0.0.5,203.0.113.9,0.0.0.0,0.0.0.0,rule,,,not-applicable,vsys1,Trust,Untrust,ae1,ae2,log,2006/10/26 09:42:48,0,1,1036,6667,0,0,0x0,tcp,deny,60,60,0,1,2006/10/26 09:42:48,0,any\n\
                Oct 26 09:42:48 gate 1,2006/10/26 09:42:48,0016,THREAT,url,2561,2006/10/26 09:42:48,10.0.0.5,203.0.113.9,,,rule,sakata,,web-browsing,vsys1,T,U,a,b,log,2006/10/26 09:42:48,78,1,1037,80,0,0,0x0,tcp,alert,\"a.example/b,c\",(9999),games,informational,client-to-server\n\
                Oct 26 09:42:48 gate 1,2006/10/26 09:42:48,0016,SYSTEM,auth,0,2006/10/26 09:42:48,,auth-fail,x,0,0,general,medium,\"failed authentication for user 'x'. Reason: no such user. From: 203.0.113.7.\",7,0x0\n";
    flows(
        text,
        &["1161855768 tcp 10.0.0.5 1036 203.0.113.9 443 allow 7 800 900", "1161855768 tcp 10.0.0.5 1036 203.0.113.9 6667 deny - - -"],
    );
    let (events, _) = lines(text);
    assert_eq!(seen(&events, "http", &["host", "uri", "username"]), ["a.example /b,c sakata"]);
    assert_eq!(seen(&events, "logon", &["user", "source", "success"]), ["x 203.0.113.7 F"]);
}

#[test]
fn srx_structured_and_not() {
    flows(
        "<14>1 2006-10-26T09:42:55.000Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.39 reason=\"TCP FIN\" source-address=\"10.0.0.5\" source-port=\"1036\" destination-address=\"203.0.113.9\" destination-port=\"443\" protocol-id=\"6\" session-id-32=\"77\" packets-from-client=\"8\" bytes-from-client=\"800\" packets-from-server=\"9\" bytes-from-server=\"900\" elapsed-time=\"7\"]\n\
         <14>1 2006-10-26T09:42:48Z srx RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.39 source-address=\"10.0.0.5\" source-port=\"1036\" destination-address=\"203.0.113.9\" destination-port=\"6667\" protocol-id=\"6\" policy-name=\"x\"]\n\
         Oct 26 09:43:33 srx RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 10.0.0.5/1036->203.0.113.9/22 junos-ssh 10.0.0.5/1036->203.0.113.9/22 None None 6 rule trust untrust 5 78(6657) 122(13305) 45 UNKNOWN UNKNOWN\n",
        &[
            "1161855768 tcp 10.0.0.5 1036 203.0.113.9 443 allow 7 800 900",
            "1161855768 tcp 10.0.0.5 1036 203.0.113.9 6667 deny - - -",
            "1161855768 tcp 10.0.0.5 1036 203.0.113.9 22 allow 45 6657 13305",
        ],
    );
}

#[test]
fn check_point_and_sonicwall() {
    flows(
        "<134>1 2006-10-26T09:42:48Z gw CheckPoint 26203 - [sc4s@2620 action=\"Drop\" loguid=\"{0x1}\" origin=\"10.0.0.1\" originsicname=\"cn=a\" time=\"1161855768\" dst=\"203.0.113.9\" proto=\"6\" s_port=\"1036\" service=\"23\" src=\"10.0.0.5\"]\n\
         time=1161855768|hostname=a|product=Firewall|action=Accept|loguid={0x1}|origin=10.0.0.1|origin_sic_name=CN=a|dst=203.0.113.9|proto=17|s_port=1036|service=53|src=10.0.0.5|\n\
         Oct 26 09:42:48 gate id=firewall sn=00 time=\"2006-10-26 09:42:48 UTC\" fw=10.0.0.1 pri=6 c=1024 m=537 msg=\"Connection Closed\" n=7 src=10.0.0.5:1036:X0 dst=203.0.113.9:443:X1 proto=tcp/https sent=800 rcvd=900\n\
         id=firewall sn=00 time=\"2006-10-26 09:42:48\" fw=10.0.0.1 pri=5 c=64 m=36 msg=\"TCP connection dropped\" n=7 src=203.0.113.7:4507:WAN dst=10.0.0.5:445:LAN rule=0\n",
        &[
            "1161855768 tcp 10.0.0.5 1036 203.0.113.9 23 deny - - -",
            "1161855768 udp 10.0.0.5 1036 203.0.113.9 53 allow - - -",
            "1161855768 tcp 10.0.0.5 1036 203.0.113.9 443 allow - 800 900",
            "1161855768 tcp 203.0.113.7 4507 10.0.0.5 445 deny - - -",
        ],
    );
}

#[test]
fn cef_and_leef_of_any_maker() {
    let text = "Oct 26 09:42:48 gate CEF:0|maker|device|1.0|7|Dropped \\| it|5|src=10.0.0.5 spt=1036 dst=203.0.113.9 dpt=445 proto=TCP act=blocked msg=said with spaces\n\
                LEEF:2.0|maker|device|1.0|7|^|devTime=1161855768000^src=10.0.0.5^srcPort=1037^dst=203.0.113.9^dstPort=80^proto=TCP^action=permit^srcBytes=8^dstBytes=9\n\
                Oct 26 09:42:48 gate CEF:0|maker|proxy|1.0|8|Request|3|src=10.0.0.5 dst=203.0.113.9 request=http://a.example/b?c\\=d requestMethod=GET suser=sakata\n\
                Oct 26 09:42:48 gate CEF:0|maker|manager|1.0|600|User Signed In|3|src=10.0.0.5 suser=admin target=admin msg=User signed in from 10.0.0.5\n";
    flows(text, &["1161855768 tcp 10.0.0.5 1036 203.0.113.9 445 deny - - -", "1161855768 tcp 10.0.0.5 1037 203.0.113.9 80 allow - 8 9"]);
    let (events, _) = lines(text);
    assert_eq!(seen(&events, "http", &["method", "host", "uri", "username"]), ["GET a.example /b?c\\=d sakata"]);
    assert_eq!(seen(&events, "device", &["program", "code", "user", "message"]), ["manager 600 admin User signed in from 10.0.0.5"]);
}

#[test]
fn vpns_say_who_comes_in() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 gate openvpn[7]: 203.0.113.7:1036 [sakata] Peer Connection Initiated with [AF_INET]203.0.113.7:1036\n\
         Oct 26 09:42:48 gate openvpn[7]: sakata/203.0.113.7:1036 MULTI_sva: pool returned IPv4=10.8.0.6, IPv6=(Not enabled)\n\
         2006-10-26 09:42:49 203.0.113.8:1037 TCP connection established with [AF_INET]203.0.113.8:1037\n\
         2006-10-26 09:42:49 203.0.113.8:1037 TLS Error: TLS handshake failed\n\
         <30>1 2006-10-26T09:42:48+00:00 gate charon 15894 - - 06[NET] <a|83> received packet: from 203.0.113.9[28808] to 10.0.0.1[4500] (112 bytes)\n\
         <30>1 2006-10-26T09:42:48+00:00 gate charon 15894 - - 06[IKE] <a|83> no EAP key found for hosts 'gate' - 'x'\n\
         <30>1 2006-10-26T09:42:48+00:00 gate charon 15894 - - 06[IKE] <a|83> authentication of 'sakata' with EAP successful\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "logon", &["service", "user", "source", "action", "success", "assigned"]),
        [
            "vpn sakata 203.0.113.7 logon T -",
            "vpn sakata 203.0.113.7 change - 10.8.0.6",
            "vpn - 203.0.113.8 logon F -",
            "vpn x 203.0.113.9 logon F -",
            "vpn sakata 203.0.113.9 logon T -",
        ]
    );
}
