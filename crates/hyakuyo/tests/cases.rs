//! Whole-program tests as data: each folder of `cases/` holds commands, what they are given, and what they print.
//!
//! `config` has one command per line, as a user would type it: `hyakuyo …` (also `< FILE`), and `cat`, `ls` and `mkdir` to
//! look at what it leaves. Everything else in the folder is copied beside it into an empty folder first. `expected` is the
//! transcript: each command behind `$`, its output, its errors, and its exit code where that is not 0. With `UPDATE=1` in the
//! environment the transcripts are written anew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files of a case that are not given to the program.
const OWN: &[&str] = &["README.md", "config", "expected"];

#[test]
fn every_case_gives_what_is_expected() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&cases).expect("the cases").flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no cases in {}", cases.display());
    let update = std::env::var_os("UPDATE").is_some();
    let failed: Vec<String> = folders.iter().filter_map(|folder| check(folder, update).err()).collect();
    assert!(failed.is_empty(), "{} of {} cases failed\n{}", failed.len(), folders.len(), failed.join("\n"));
}

/// Runs one case.
fn check(folder: &Path, update: bool) -> Result<(), String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    assert!(folder.join("README.md").is_file(), "{name}: a case says in its README.md why it exists");
    let place = Place::new(&name);
    for entry in fs::read_dir(folder).expect("a case").flatten() {
        if !OWN.iter().any(|own| entry.file_name() == *own) {
            copy(&entry.path(), &place.0.join(entry.file_name()));
        }
    }
    let config = fs::read_to_string(folder.join("config")).map_err(|error| format!("{name}/config: {error}"))?;
    let mut transcript = String::new();
    for line in config.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        transcript.push_str(&format!("$ {line}\n{}", run(line, &place.0)));
    }
    let expected = folder.join("expected");
    if update {
        fs::write(&expected, &transcript).expect("the expectation is written");
        return Ok(());
    }
    let held = fs::read_to_string(&expected).unwrap_or_default();
    if held == transcript { Ok(()) } else { Err(format!("--- {name}: the first lines that differ\n{}", difference(&held, &transcript))) }
}

/// An empty folder, taken away at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-case-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("a file");
    }
}

/// What a command prints, with its exit code where that is not 0.
fn run(line: &str, place: &Path) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (words, input) = match words.iter().position(|word| *word == "<") {
        Some(at) => (&words[..at], words.get(at + 1).copied()),
        None => (&words[..], None),
    };
    match words {
        ["hyakuyo", arguments @ ..] => hyakuyo(arguments, input, place),
        ["cat", file] => fs::read_to_string(place.join(file)).unwrap_or_else(|error| format!("{file}: {error}\n")),
        ["ls", folder] => {
            let mut names: Vec<_> = fs::read_dir(place.join(folder))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names.iter().map(|name| format!("{name}\n")).collect()
        }
        ["mkdir", folder] => {
            fs::create_dir_all(place.join(folder)).expect("a folder");
            String::new()
        }
        _ => panic!("cases know hyakuyo, cat, ls and mkdir, not {line:?}"),
    }
}

fn hyakuyo(arguments: &[&str], input: Option<&str>, place: &Path) -> String {
    let stdin = match input {
        Some(file) => Stdio::from(File::open(place.join(file)).expect("the input")),
        None => Stdio::null(),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_hyakuyo"))
        .args(arguments)
        .current_dir(place)
        .stdin(stdin)
        .env("LC_ALL", "C")
        .output()
        .expect("the program runs");
    let mut text = String::from_utf8(output.stdout).expect("output is UTF-8");
    text.push_str(&String::from_utf8(output.stderr).expect("errors are UTF-8"));
    match output.status.code() {
        Some(0) => {}
        code => text.push_str(&format!("[exit {}]\n", code.map_or("by a signal".to_owned(), |code| code.to_string()))),
    }
    text
}

/// The first lines that differ, with the line before them.
fn difference(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let same = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str], mark: &str| lines.iter().skip(same).take(5).map(|line| format!("{mark}{line}\n")).collect::<String>();
    let before = same.checked_sub(1).and_then(|at| expected.get(at)).map_or(String::new(), |line| format!("  {line}\n"));
    format!("{before}{}{}", shown(&expected, "- "), shown(&got, "+ "))
}
