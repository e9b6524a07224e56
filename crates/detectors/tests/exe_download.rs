//! `exe_download`: fires for a program, stays silent for a picture.

use detectors::exe_download::ExeDownload;
use model::Value;
use testkit::behaviour::{Stage, http};

#[test]
fn a_program_by_content_is_found_whatever_its_name() {
    let get = |uri: &str, mime: &'static str| {
        http(1.0, "10.0.0.5:1025", "45.14.112.133:80", "GET", "bad.example", uri).with("resp_mime_types", Value::list([mime]))
    };
    let found = |events: Vec<_>| Stage::new(&ExeDownload).names(events);
    assert_eq!(found(vec![get("/a.png", "application/x-dosexec")]), [("exe_download", "10.0.0.5".to_owned())]);
    assert_eq!(found(vec![get("/a.exe", "image/png")]), []);
}
