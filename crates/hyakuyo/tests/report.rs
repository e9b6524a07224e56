//! The report in a real browser: it asks nothing of any network, and it prints to four pages at most.
//!
//! Skipped, and said, where no Chromium is installed (Debian: apt-get install chromium). The browser is given a proxy that
//! hears all that is asked for; a page that does ask for something proves that it hears.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a reader prints without thinking twice.
const PAGES_MAX: usize = 4;
/// The capture of the acceptance, where the test data lies.
const LOKIBOT: &str = ".cache/hyakuyo-corpus/captures/mta/2020-10-12-Lokibot-infection-traffic.pcap";

/// Where the browser itself asks for the time and for updates, whatever page it shows. None of these hosts is named in a report.
const BROWSERS_OWN: &[&str] = &["clients2.google.com", "update.googleapis.com", "accounts.google.com", ".gvt1.com", ".googleapis.com"];

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-report-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn hyakuyo(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hyakuyo"))
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", "1602600000")
        .current_dir(folder)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

/// Prints a page; returns how many pages it takes and what the browser asked the network for.
fn printed(browser: &Path, folder: &Path, page: &str) -> (usize, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&calls);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut line = String::new();
            let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
            let _ = BufReader::new(stream).read_line(&mut line);
            heard.lock().expect("the list").push(line.trim().to_owned());
        }
    });
    let pdf = folder.join("page.pdf");
    let _ = fs::remove_file(&pdf);
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions"])
        .args(["--disable-client-side-phishing-detection", "--disable-domain-reliability", "--no-pings", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{port}"))
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", folder.join(page).display()))
        .output()
        .expect("the browser runs");
    let bytes = fs::read(&pdf).unwrap_or_else(|_| panic!("no PDF: {}", String::from_utf8_lossy(&output.stderr)));
    let mut calls = calls.lock().expect("the list").clone();
    calls.retain(|call| !BROWSERS_OWN.iter().any(|host| call.contains(host)));
    (pages(&bytes), calls)
}

/// The number of pages, which the root of a PDF's page tree states.
fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let counts = text.split("/Count ").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    counts.max().unwrap_or(0)
}

/// Reads a capture and checks its report in both languages.
fn check(name: &str, capture: &Path) {
    let folder = Folder::new(name);
    let copy = folder.0.join("capture.pcap");
    fs::copy(capture, &copy).expect("the capture");
    hyakuyo(&folder.0, &["read", "-C", "-q", "capture.pcap", "-o", "logs"]);
    for lang in ["en", "ja"] {
        let page = format!("{lang}.html");
        hyakuyo(&folder.0, &["report", "logs", "-o", &page, "--lang", lang]);
        let html = fs::read_to_string(folder.0.join(&page)).expect("the page");
        assert!(html.contains("SHA-256 "), "the capture lies beside its folder, so that its hash is stated");
        let again = hyakuyo(&folder.0, &["report", "logs", "-o", "-", "--lang", lang]);
        assert_eq!(html.replace(&page, "-"), again.replace(&page, "-"), "the same story gives the same page");
        let Some(browser) = chromium() else {
            eprintln!("skipped: no Chromium is installed, so that the report was opened in no browser");
            continue;
        };
        let (pages, calls) = printed(&browser, &folder.0, &page);
        assert!(!BROWSERS_OWN.iter().any(|host| html.contains(host)), "{name}: the page names a host that the browser asks by itself");
        assert_eq!(calls, Vec::<String>::new(), "{name} in {lang}: the report asks for nothing");
        assert!((1..=PAGES_MAX).contains(&pages), "{name} in {lang}: {pages} pages");
    }
}

#[test]
fn the_report_of_the_office_asks_for_nothing_and_fits_four_pages() {
    let folder = Folder::new("office-capture");
    hyakuyo(&folder.0, &["demo-capture", "office.pcap"]);
    check("office", &folder.0.join("office.pcap"));
}

#[test]
fn the_report_of_a_real_infection_asks_for_nothing_and_fits_four_pages() {
    let capture = PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(LOKIBOT);
    if capture.is_file() {
        check("lokibot", &capture);
    } else {
        eprintln!("skipped: the test data is not there ({})", capture.display());
    }
}

#[test]
fn a_page_that_asks_is_noticed() {
    let Some(browser) = chromium() else {
        eprintln!("skipped: no Chromium is installed");
        return;
    };
    let folder = Folder::new("asking");
    fs::write(folder.0.join("asks.html"), "<!doctype html><img src=\"http://asked.example/x.png\">").expect("a page");
    let (pages, calls) = printed(&browser, &folder.0, "asks.html");
    assert!(pages == 1 && calls.iter().any(|call| call.contains("asked.example")), "{pages} pages, {calls:?}");
}
