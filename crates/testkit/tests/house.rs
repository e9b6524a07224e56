//! The rules of the house (DESIGN.md sections 1 and 3) as tests over the sources, so that they need no reviewer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which floor each crate lives on. A crate may use only crates of lower floors; `testkit` is for tests, and for what
/// makes captures.
const FLOORS: &[(&str, u8)] = &[
    ("bounded", 0),
    ("model", 0),
    ("contract", 1),
    ("capture", 2),
    ("flow", 2),
    ("protocols", 2),
    ("files", 2),
    ("formats", 2),
    ("intake", 2),
    ("signatures", 2),
    ("detectors", 2),
    ("enrich", 2),
    ("sigma", 2),
    ("story", 2),
    ("lake", 2),
    ("sandbox", 2),
    ("sinks", 2),
    ("testkit", 3),
    ("pipeline", 3),
    ("worlds", 4),
    ("console", 4),
    ("report", 4),
    ("share", 4),
    ("hyakuyo", 5),
];

/// Past this a file hides a noun (DESIGN.md section 3, rule 11).
const FILE_LINES_MAX: usize = 600;

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "misc", "common", "manager", "stuff"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates: name and folder.
fn crates() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(root().join("crates")).expect("the crates");
    entries.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

/// All Rust files under a folder, with their text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            all.push((path, text));
        }
    }
    all.sort();
    all
}

/// The crates of this workspace that a crate depends on (not for its tests alone).
fn dependencies(folder: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    let (mut inside, mut all) = (false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && let Some((name, _)) = line.split_once(['.', ' ', '=']) {
            all.push(name.to_owned());
        }
    }
    all
}

/// What stands before a file's own tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Whether a file is a test, as a whole.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_stem().is_some_and(|stem| stem == "tests")
}

fn none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "the rules of the house are broken:\n{}", breaches.join("\n"));
}

#[test]
fn crates_use_only_lower_floors() {
    let floor = |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|&(_, floor)| floor);
    let mut breaches = Vec::new();
    for (name, folder) in crates() {
        let Some(own) = floor(&name) else {
            breaches.push(format!("{name} has no floor; add it to FLOORS"));
            continue;
        };
        for used in dependencies(&folder) {
            if floor(&used).is_some_and(|other| other >= own) {
                breaches.push(format!("{name} (floor {own}) uses {used}, which is not below it"));
            }
        }
    }
    none(breaches);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut breaches = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        let lines = text.lines().count();
        if lines >= FILE_LINES_MAX {
            breaches.push(format!("{} has {lines} lines; which noun is hiding in it?", path.display()));
        }
        if !text.starts_with("//!") {
            breaches.push(format!("{} does not open by saying what it is", path.display()));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if EMPTY_NAMES.contains(&stem.as_str()) {
            breaches.push(format!("{} has a name that says nothing", path.display()));
        }
    }
    none(breaches);
}

#[test]
fn every_folder_of_a_catalogue_has_its_row() {
    let mut breaches = Vec::new();
    for (name, folder) in crates() {
        let lib = fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
        if !lib.contains("static CATALOGUE") {
            continue;
        }
        for entry in fs::read_dir(folder.join("src")).expect("sources").flatten() {
            let row = entry.file_name().to_string_lossy().into_owned();
            if !entry.path().is_dir() {
                continue;
            }
            if !lib.contains(&format!("mod {row};")) {
                breaches.push(format!("{name}/src/{row} is not compiled: its mod line is missing in lib.rs"));
            }
            // Shared folders (MIME, ASN.1 …) implement none of the catalogue's traits, and need no row.
            let rows = sources(&entry.path()).iter().any(|(_, text)| {
                let text = without_tests(text);
                text.contains("impl Protocol for ") || text.contains("impl Behaviour for ")
            });
            let catalogue = lib.split("static CATALOGUE").nth(1).unwrap_or_default();
            if rows && !catalogue.contains(&format!("{row}::")) {
                breaches.push(format!("{name}/src/{row} has no row in the catalogue"));
            }
        }
    }
    none(breaches);
}

#[test]
fn limits_give_their_reason() {
    let mut breaches = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        if is_test(&path) {
            continue;
        }
        let lines: Vec<&str> = without_tests(&text).lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = constant(line) else { continue };
            let limit = name.ends_with("_MAX") || name.starts_with("MAX_") || name.starts_with("LARGEST") || name.contains("LIMIT");
            let before = lines[..at].iter().rev().map(|line| line.trim()).find(|line| !line.starts_with("#["));
            if limit && !before.is_some_and(|line| line.starts_with("//")) {
                breaches.push(format!("{}:{}: the limit {name} gives no reason", path.display(), at + 1));
            }
        }
    }
    none(breaches);
}

/// The name of the number that a line defines.
fn constant(line: &str) -> Option<&str> {
    let definition = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
    let (name, rest) = definition.strip_prefix("const ")?.split_once(':')?;
    let ty = rest.trim_start();
    (ty.starts_with('u') || ty.starts_with("Interval")).then_some(name)
}

#[test]
fn macros_live_in_tests_only() {
    let mut breaches = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        let allowed = path.ends_with("model/src/value.rs") || is_test(&path);
        if !allowed && without_tests(&text).lines().any(|line| line.starts_with("macro_rules!")) {
            breaches.push(format!("{} defines a macro outside tests", path.display()));
        }
    }
    none(breaches);
}

#[test]
fn there_are_few_features() {
    let mut features = 0;
    for folder in crates().values() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let section = manifest.split("[features]").nth(1).unwrap_or_default();
        features += section.lines().skip(1).take_while(|line| !line.starts_with('[')).filter(|line| line.contains('=')).count();
    }
    assert!(features <= 8, "{features} features; eight are the most");
}

#[test]
fn lints_are_everywhere_the_same() {
    let mut breaches = Vec::new();
    for (name, folder) in crates() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        if !manifest.contains("[lints]\nworkspace = true") {
            breaches.push(format!("{name} does not take the workspace's lints"));
        }
    }
    none(breaches);
}

#[test]
fn unsafe_code_lives_in_one_file() {
    let mut breaches = Vec::new();
    for (path, text) in sources(&root().join("crates")) {
        let named = text.lines().any(|line| line.contains(concat!("allow(", "unsafe_code")));
        if named && !path.ends_with("capture/src/ring/socket.rs") {
            breaches.push(format!("{} allows unsafe code; only the ring's socket may", path.display()));
        }
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("unsafe {") || line.contains("unsafe impl")) {
            let reasoned = lines[at.saturating_sub(3)..at].iter().any(|line| line.contains("SAFETY:"));
            if !reasoned && !path.ends_with("testkit/tests/house.rs") {
                breaches.push(format!("{}:{}: {line} gives no reason", path.display(), at + 1));
            }
        }
    }
    none(breaches);
}
