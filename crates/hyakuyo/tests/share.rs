//! `hyakuyo share` as a user runs it: the key is made once, for the user alone, and keeps pseudonyms the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn share(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hyakuyo"))
        .arg("share")
        .args(arguments)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

const STORY: &str = r#"{"version":1,
    "incidents":[{"id":"I1","host":"10.0.0.5","part":"actor","title":{"en":"calls home","ja":""},"first":"2020-10-12T21:02:18.5Z","last":"2020-10-12T21:04:18.5Z"}],
    "indicators":[{"kind":"domain","value":"bad.example","confidence":90,"block":true,"because":{"en":"called by 10.0.0.5"}},
                  {"kind":"ip","value":"10.0.0.77","confidence":90,"block":true}]}"#;

#[test]
fn the_key_is_made_once_and_pseudonyms_last() {
    let folder = Folder(std::env::temp_dir().join(format!("hyakuyo-share-{}", std::process::id())));
    fs::create_dir_all(folder.0.join("logs")).expect("a folder");
    fs::write(folder.0.join("logs/story.json"), STORY).expect("a story");
    let first = share(&folder.0, &["logs", "--as", "stix"]);
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(first.status.success() && said.contains("a key for pseudonyms was made") && said.contains("1 indicators"), "{said}");
    let key = folder.0.join("config/hyakuyo/share.key");
    assert_eq!(fs::metadata(&key).expect("the key").permissions().mode() & 0o777, 0o600);
    let second = share(&folder.0, &["logs", "--as", "stix"]);
    assert_eq!(first.stdout, second.stdout);
    let bundle = String::from_utf8(second.stdout).expect("UTF-8");
    assert!(!bundle.contains("10.0.0.") && bundle.contains("bad.example") && bundle.contains("host-"), "{bundle}");

    let kept = share(&folder.0, &["logs", "--as", "csv", "--inside", "keep", "--tlp", "amber+strict", "-o", "iocs.csv"]);
    assert!(kept.status.success());
    let table = fs::read_to_string(folder.0.join("iocs.csv")).expect("the table");
    assert!(table.contains("ip,10.0.0.77,90,yes") && table.contains("TLP:AMBER+STRICT"), "{table}");

    fs::write(folder.0.join("short.key"), "short").expect("a key");
    let refused = share(&folder.0, &["logs", "--as", "misp", "--key", "short.key"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("shorter than 16 bytes"));
}
