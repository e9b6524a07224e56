//! Web servers' lines: those printed in S0 to the letter, and the published formats.

mod stage;

use stage::{lines, seen};

/// S0: the rewrite log; each line stands on three of the slide's, and is joined again.
const REWRITE: &str = "\
192.168.0.1 - - [26/Aug/2005:21:35:59 +0900] [zajahost.net/sid#809cdc8][rid#815d050/initial] (2) init rewrite engine with requested uri /c1.txt
192.168.0.1 - - [26/Aug/2005:21:35:59 +0900] [zajahost.net/sid#809cdc8][rid#815d050/initial] (2) rewrite /c1.txt -> /hoge.html
192.168.0.1 - - [26/Aug/2005:21:35:59 +0900] [zajahost.net/sid#809cdc8][rid#815d050/initial] (2) local path result: /hoge.html
192.168.0.1 - - [26/Aug/2005:21:35:59 +0900] [zajahost.net/sid#809cdc8][rid#815d050/initial] (2) prefixed with document_root to /usr/local/www/data/hoge.html
192.168.0.1 - - [26/Aug/2005:21:35:59 +0900] [zajahost.net/sid#809cdc8][rid#815d050/initial] (1) go-ahead with /usr/local/www/data/hoge.html [OK]
";

/// S0: the forensic log.
const FORENSIC: &str = "\
+VC3p1YVTEjcAABGVfzQAAAAH|GET /ftp/file.exe HTTP/1.1|User-Agent:  Mozilla/5.0|Host: zaminbank.net
-VC3p1YVTEjcAABGVfzQAAAAH
+Y0--loVTEjcAABFyHCwAAAAB|GET /c1.txt HTTP/1.1|User-Agent:  Mozilla/5.0|Host: zajahost.net
-Y0--loVTEjcAABFyHCwAAAAB
";

#[test]
fn the_rewrite_log_of_s0_tells_its_request() {
    let (events, counts) = lines(REWRITE);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(counts.formats.get("web"), Some(&5));
    assert_eq!(seen(&events, "http", &["ts", "id.orig_h", "host", "uri"]), ["1125059759 192.168.0.1 zajahost.net /c1.txt"]);
}

#[test]
fn the_forensic_log_of_s0_tells_its_requests() {
    let (events, counts) = lines(FORENSIC);
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        // It says no time: the rows carry the time of the file.
        seen(&events, "http", &["ts", "method", "host", "uri", "version", "user_agent"]),
        ["1162339200 GET zaminbank.net /ftp/file.exe 1.1 Mozilla/5.0", "1162339200 GET zajahost.net /c1.txt 1.1 Mozilla/5.0"]
    );
}

#[test]
fn access_logs_with_and_without_their_host() {
    let (events, counts) = lines(
        "203.0.113.7 - - [26/Oct/2006:09:42:48 +0000] \"GET /a?b=c HTTP/1.0\" 404 209\n\
         2001:db8::7 - frank [26/Oct/2006:09:42:48 +0000] \"POST /a HTTP/1.1\" 200 - \"-\" \"Agent \\\"x\\\"\"\n\
         www.a.example:443 203.0.113.7 - - [26/Oct/2006:09:42:48 +0000] \"GET / HTTP/2.0\" 200 5 \"http://r.example/\" \"A\"\n\
         10.0.0.2, 133.83.18.55, 10.0.0.9 - - [26/Oct/2006:09:42:48 +0000] \"-\" 408 0 \"-\" \"-\" 0.001\n\
         [26/Oct/2006:09:42:48 +0000] 203.0.113.7 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 \"GET /s HTTP/1.1\" 1375\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    let columns = ["id.orig_h", "host", "method", "uri", "version", "status_code", "response_body_len", "username", "user_agent"];
    assert_eq!(
        seen(&events, "http", &columns),
        [
            "203.0.113.7 - GET /a?b=c 1.0 404 209 - -",
            "2001:db8::7 - POST /a 1.1 200 - frank Agent \\\"x\\\"",
            "203.0.113.7 www.a.example GET / 2.0 200 5 - A",
            "133.83.18.55 - - - - 408 0 - -",
            "203.0.113.7 - GET /s 1.1 - 1375 - -",
        ]
    );
}

#[test]
fn error_logs_of_both_servers_and_ages() {
    let (events, counts) = lines(
        "[Thu Oct 26 09:42:48 2006] [error] [client 203.0.113.7] File does not exist: /var/www/x\n\
         [Thu Oct 26 09:42:48.103786 2006] [authz_core:error] [pid 7:tid 8] [client 203.0.113.7:40700] AH01630: client denied: /x\n\
         2006/10/26 09:42:48 [error] 54#0: *1 open() \"/x\" failed (2: No such file), client: 203.0.113.7, server: a.example, request: \"GET /x HTTP/1.1\"\n\
         2006/10/26 09:42:48 [notice] 54#54: signal process started\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "device", &["severity", "code", "source", "message"]).iter().map(|row| &row[..24]).collect::<Vec<_>>(),
        ["error - 203.0.113.7 File", "error AH01630 203.0.113.", "error - 203.0.113.7 open", "notice - - signal proces"]
    );
}

#[test]
fn a_proxy_managers_lines_and_refused_users() {
    let (events, counts) = lines(
        "[26/Oct/2006:09:42:48 +0000] MISS 404 404 - GET https a.example \"/x\" [Client 10.0.0.5] [Length 234] [Gzip -] [Sent-to b] \"Agent/1\" \"-\"\n\
         2006/10/26 09:42:48 [error] 7#7: *3 user \"x\": password mismatch, client: 10.0.0.6, server: a.example, request: \"GET / HTTP/1.1\"\n\
         [Thu Oct 26 09:42:48 2006] [error] [client 10.0.0.7] user y not found: /secret\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "http", &["id.orig_h", "id.resp_p", "method", "host", "uri", "status_code", "response_body_len", "user_agent"]),
        ["10.0.0.5 443 GET a.example /x 404 234 Agent/1", "10.0.0.6 - GET - / - - -"]
    );
    assert_eq!(seen(&events, "logon", &["service", "user", "source", "success"]), ["http x 10.0.0.6 F", "http y 10.0.0.7 F"]);
}
