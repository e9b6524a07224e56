//! Suricata's eve.json: every kind of event that has a log here, DNS of all three versions, and what is passed over.

mod stage;

use stage::{lines, seen};

/// A line with its ends.
fn line(event: &str, fields: &str) -> String {
    format!(
        "{{\"timestamp\":\"2006-10-26T09:42:48.500000+0000\",\"flow_id\":77,\"event_type\":\"{event}\",\"src_ip\":\"10.0.0.5\",\"src_port\":1036,\
         \"dest_ip\":\"203.0.113.9\",\"dest_port\":80,\"proto\":\"TCP\",{fields}}}\n"
    )
}

fn check(text: &str, kind: &str, columns: &[&str], expected: &[&str]) {
    let (events, counts) = lines(text);
    assert!(counts.unread.is_empty(), "{text}: {:?}", counts.unread);
    assert_eq!(seen(&events, kind, columns), expected, "{text}");
}

#[test]
fn a_flow_is_a_connection() {
    let flow = r#""app_proto":"tls","flow":{"pkts_toserver":4,"pkts_toclient":3,"bytes_toserver":1216,"bytes_toclient":662,"start":"2006-10-26T09:42:40.000000+0000","end":"2006-10-26T09:42:42.500000+0000","state":"closed","reason":"timeout"},"tcp":{"tcp_flags_ts":"1b","tcp_flags_tc":"1a","syn":true}"#;
    let columns = ["ts", "proto", "service", "duration", "orig_pkts", "orig_bytes", "orig_ip_bytes", "resp_bytes", "conn_state"];
    check(&line("flow", flow), "conn", &columns, &["1161855760 tcp ssl 2.5 4 1000 1160 500 S2"]);
    let refused = r#""app_proto":"failed","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":54,"bytes_toclient":54},"tcp":{"tcp_flags_ts":"02","tcp_flags_tc":"14"}"#;
    check(&line("flow", refused), "conn", &["service", "conn_state"], &["- REJ"]);
    let one = |fields| line("netflow", fields);
    let both = one(r#""netflow":{"pkts":2,"bytes":148,"start":"2006-10-26T09:42:40+0000","end":"2006-10-26T09:42:41+0000"}"#)
        + &one(r#""netflow":{"pkts":1,"bytes":154}"#);
    check(&both, "conn", &["orig_pkts", "resp_pkts", "resp_bytes", "conn_state"], &["2 1 100 SF"]);
}

#[test]
fn questions_meet_their_answers_in_all_versions() {
    let one = line("dns", r#""dns":{"type":"query","id":7,"rrname":"A.example","rrtype":"A"}"#)
        + &line(
            "dns",
            r#""dns":{"type":"answer","id":7,"rcode":"NOERROR","rrname":"A.example","rrtype":"CNAME","ttl":5,"rdata":"b.example"}"#,
        )
        + &line(
            "dns",
            r#""dns":{"type":"answer","id":7,"rcode":"NOERROR","rrname":"b.example","rrtype":"A","ttl":5,"rdata":"203.0.113.7"}"#,
        );
    let two = line("dns", r#""dns":{"version":2,"type":"query","id":7,"rrname":"a.example","rrtype":"A"}"#)
        + &line(
            "dns",
            r#""dns":{"version":2,"type":"answer","id":7,"qr":true,"rrname":"a.example","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"a.example","rrtype":"CNAME","ttl":5,"rdata":"b.example"},{"rrname":"b.example","rrtype":"A","ttl":5,"rdata":"203.0.113.7"}]}"#,
        );
    let three = line("dns", r#""dns":{"version":3,"type":"request","id":7,"queries":[{"rrname":"a.example","rrtype":"A"}]}"#)
        + &line(
            "dns",
            r#""dns":{"version":3,"type":"response","id":7,"queries":[{"rrname":"a.example","rrtype":"A"}],"rcode":"NOERROR","answers":[{"rrtype":"CNAME","ttl":5,"rdata":"b.example"},{"rrtype":"A","ttl":5,"rdata":"203.0.113.7"}]}"#,
        );
    for text in [one, two, three] {
        check(
            &text,
            "dns",
            &["trans_id", "query", "qtype_name", "rcode_name", "answers", "TTLs"],
            &["7 a.example A NOERROR b.example,203.0.113.7 5,5"],
        );
    }
    let alone = line("dns", r#""dns":{"type":"query","id":8,"rrname":"c.example","rrtype":"MX"}"#);
    check(&alone, "dns", &["query", "qtype_name", "rcode_name"], &["c.example MX -"]);
}

#[test]
fn requests_handshakes_files_and_sessions() {
    let http = r#""http":{"hostname":"a.example","url":"/b?c","http_user_agent":"x","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":7,"http_content_type":"text/html; charset=utf-8"}"#;
    let columns = ["id.orig_h", "method", "host", "uri", "version", "status_code", "response_body_len", "resp_mime_types"];
    check(&line("http", http), "http", &columns, &["10.0.0.5 GET a.example /b?c 1.1 200 7 text/html"]);
    check(
        &line("tls", r#""tls":{"sni":"a.example","version":"TLS 1.2","ja3":{"hash":"00"}}"#),
        "ssl",
        &["server_name", "version", "ja3"],
        &["a.example TLSv12 00"],
    );
    check(
        &line("smtp", r#""smtp":{"helo":"h","mail_from":"<a@b>","rcpt_to":["<c@d>","<e@f>"]},"email":{"subject":"s"}"#),
        "smtp",
        &["helo", "mailfrom", "rcptto", "subject"],
        &["h <a@b> <c@d>,<e@f> s"],
    );
    let ssh = r#""ssh":{"client":{"proto_version":"2.0","software_version":"OpenSSH_9"},"server":{"software_version":"x"}}"#;
    check(&line("ssh", ssh), "ssh", &["version", "client", "server"], &["2 OpenSSH_9 x"]);
    check(
        &line("ftp", r#""ftp":{"command":"RETR","command_data":"a","completion_code":["226"],"reply":["done"]}"#),
        "ftp",
        &["command", "arg"],
        &["RETR a"],
    );
    check(
        &line("krb5", r#""krb5":{"msg_type":"KRB_ERROR","cname":"k","sname":"s","error_code":"KDC_ERR_C_PRINCIPAL_UNKNOWN"}"#),
        "kerberos",
        &["client", "success"],
        &["k F"],
    );
}

#[test]
fn alerts_name_the_flows_ends_whoever_sent_the_packet() {
    let alert = r#""alert":{"action":"allowed","signature_id":2019284,"rev":3,"signature":"ET x","category":"c","severity":2}"#;
    let columns = ["id.orig_h", "id.resp_p", "sensor", "sid", "rev", "signature", "category", "severity", "action"];
    check(&line("alert", alert), "alert", &columns, &["10.0.0.5 80 suricata 2019284 3 ET x c 2 allowed"]);
    let back = line("alert", &format!("\"direction\":\"to_client\",{alert}"))
        .replace("\"src_ip\":\"10.0.0.5\",\"src_port\":1036", "\"src_ip\":\"203.0.113.9\",\"src_port\":80");
    let back = back.replace("\"dest_ip\":\"203.0.113.9\",\"dest_port\":80", "\"dest_ip\":\"10.0.0.5\",\"dest_port\":1036");
    check(&back, "alert", &["id.orig_h", "id.resp_p"], &["10.0.0.5 80"]);
    check(&line("anomaly", r#""anomaly":{"type":"stream","event":"stream.x"}"#), "weird", &["name", "addl"], &["stream.x stream"]);
}

#[test]
fn what_has_no_log_here_is_understood_and_passed_over() {
    let stats = "{\"timestamp\":\"2006-10-26T09:42:48.5+0000\",\"event_type\":\"stats\",\"stats\":{\"uptime\":7}}\n";
    let (events, counts) = lines(&(stats.to_owned() + &line("mqtt", r#""mqtt":{}"#)));
    assert_eq!((events.len(), counts.unread.len(), counts.formats.get("eve")), (0, 0, Some(&2)));
    let (_, counts) = lines("{\"event_type\":\"x\",\"timestamp\":\"2006-10-26T09:42:48Z\"}\n");
    assert_eq!(counts.formats.get("eve"), None);
}
