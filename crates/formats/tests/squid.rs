//! Squid's lines, in the published formats.

mod stage;

use stage::{lines, seen};

#[test]
fn native_requests_are_rows_of_http_from_where_they_began() {
    let (events, counts) = lines(
        "1161855770.250    250 10.0.0.5 TCP_MISS/200 1500 GET http://a.example:8080/b?c=d sakata DIRECT/203.0.113.9 text/html\n\
         1161855771.000    500 10.0.0.6 TCP_DENIED/403 4099 GET http://b.example - HIER_NONE/- text/html\n\
         1161855772.000    500 10.0.0.7 NONE/405 3364 CONNECT error:method-not-allowed - HIER_NONE/- text/html\n\
         1161855773.000    500 pc7.a.example TCP_HIT/304 10 POST https://203.0.113.7/x - PARENT_HIT/10.9.9.9 -\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    let columns = ["ts", "id.orig_h", "id.resp_h", "id.resp_p", "method", "host", "uri", "status_code", "response_body_len", "username"];
    assert_eq!(
        seen(&events, "http", &columns),
        [
            "1161855770 10.0.0.5 203.0.113.9 8080 GET a.example /b?c=d 200 1500 sakata",
            "1161855770.5 10.0.0.6 - 80 GET b.example / 403 4099 -",
            "1161855771.5 10.0.0.7 - - CONNECT - error:method-not-allowed 405 3364 -",
            "1161855772.5 - 203.0.113.7 443 POST 203.0.113.7 /x 304 10 -",
        ]
    );
    assert_eq!(seen(&events, "http", &["told_by"])[0], "squid");
}

#[test]
fn tunnels_are_flows_too() {
    let (events, _) = lines(
        "1161855770.000 3600000 10.0.0.5 TCP_TUNNEL/200 70000 CONNECT a.example:443 - HIER_DIRECT/203.0.113.9 -\n\
         1161855771.000 500 10.0.0.5 TCP_DENIED/403 0 CONNECT b.example:6667 - HIER_NONE/- -\n",
    );
    assert_eq!(
        seen(&events, "conn", &["ts", "id.orig_h", "id.resp_h", "id.resp_p", "duration", "resp_bytes", "action", "conn_state"]),
        ["1161852170 10.0.0.5 203.0.113.9 443 3600 70000 allow SF", "1161855770.5 10.0.0.5 - 6667 - - deny S0"]
    );
    assert_eq!(seen(&events, "conn", &["uid"]), seen(&events, "http", &["uid"]));
}

#[test]
fn combined_lines_with_squids_code_are_squids() {
    let (events, counts) = lines(
        "10.0.0.5 - - [26/Oct/2006:18:42:48 +0900] \"GET http://a.example/b HTTP/1.1\" 200 1500 \"http://c.example/\" \"Agent/1 (x)\" TCP_MISS:HIER_DIRECT\n",
    );
    assert_eq!(counts.formats.get("squid"), Some(&1));
    assert_eq!(
        seen(&events, "http", &["ts", "host", "uri", "version", "referrer", "user_agent"]),
        ["1161855768 a.example /b 1.1 http://c.example/ Agent/1 (x)"]
    );
}
