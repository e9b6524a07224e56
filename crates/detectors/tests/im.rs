//! `im`: says which messenger a host uses, and takes no other name for one.

use detectors::im::Im;
use testkit::behaviour::{Stage, dns, http};

#[test]
fn by_the_names_of_services() {
    let found = |name: &str| Stage::new(&Im).names([dns(1.0, "10.0.0.5:4000", "10.0.0.53:53", name, "A", "NOERROR")]);
    assert_eq!(found("gd2.line.naver.jp"), [("messenger", "10.0.0.5".to_owned())]);
    assert_eq!(found("Web.WhatsApp.com"), [("messenger", "10.0.0.5".to_owned())]);
    assert_eq!(found("online.me.example"), []);
    assert_eq!(found("underline.me"), []);
    let gateway = http(1.0, "10.0.0.5:4000", "8.8.8.8:80", "POST", "gateway.messenger.hotmail.com", "/gateway/gateway.dll");
    assert_eq!(Stage::new(&Im).names([gateway]), [("messenger", "10.0.0.5".to_owned())]);
}
