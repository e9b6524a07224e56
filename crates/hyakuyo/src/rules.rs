//! Rules that the user brings: Sigma's, read from files and folders and checked, and alarms.

use crate::read::at;
use crate::terminal::{self, Style, pad, safe};
use anyhow::{Result, bail};
use contract::UserRules;
use serde_json::json;
use sigma::alarm::Alarms;
use sigma::{Checked, Loaded, Outcome, RuleText};
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files of rules that are read: ten times SigmaHQ's.
const FILES_MAX: usize = 65_536;
/// Folders within folders: a loop of links ends here.
const DEPTH_MAX: usize = 32;
/// The longest file that is read; one that is longer is refused by the rules' own limit, which is smaller.
const FILE_BYTES_MAX: u64 = 2 << 20;

/// `hyakuyo sigma check`: what becomes of each rule. Returns whether none is broken.
pub(crate) fn check(paths: &[PathBuf], as_json: bool, all: bool) -> Result<bool> {
    let loaded = load(paths)?;
    let counts = Counts::of(&loaded.checked);
    if as_json {
        let mut text = String::new();
        for rule in &loaded.checked {
            let _ = writeln!(text, "{}", as_value(rule));
        }
        terminal::print(&text)?;
    } else {
        terminal::print(&text(&loaded.checked, counts, all, Style::stdout()))?;
    }
    Ok(counts.refused == 0)
}

/// Sigma's rules for reading or watching; what cannot be used is told in a line.
pub(crate) fn sigma(paths: &[PathBuf]) -> Result<Option<Arc<dyn UserRules>>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let loaded = load(paths)?;
    let counts = Counts::of(&loaded.checked);
    if counts.refused > 0 {
        eprintln!("hyakuyo: {} of {} Sigma rules are refused; `hyakuyo sigma check` says why", counts.refused, counts.all());
    }
    if loaded.rules.is_empty() {
        eprintln!("hyakuyo: no Sigma rule is in use: {} of {} have no events here", counts.apart, counts.all());
    }
    Ok(Some(Arc::new(loaded.rules)))
}

/// Alarms for reading or watching. What is wrong with a file is told with its lines.
pub(crate) fn alarms(files: &[PathBuf]) -> Result<Vec<Arc<dyn UserRules>>> {
    let mut all: Vec<Arc<dyn UserRules>> = Vec::new();
    for file in files {
        let text = read(file)?;
        match Alarms::parse(&text.name, &text.text) {
            Ok(alarms) => all.push(Arc::new(alarms)),
            Err(problems) => {
                for line in problems.iter().flat_map(|problem| problem.to_string().lines().map(str::to_owned).collect::<Vec<_>>()) {
                    eprintln!("{}", safe(&line));
                }
                bail!("{}: these alarms can't be used as they are; see above", file.display())
            }
        }
    }
    Ok(all)
}

fn load(paths: &[PathBuf]) -> Result<Loaded> {
    let mut files = Vec::new();
    for path in paths {
        find(path, 0, &mut files)?;
    }
    if files.is_empty() {
        bail!("{}: no rules (*.yml, *.yaml) there", paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "));
    }
    let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    Ok(sigma::load(&texts, &pipeline::kinds()))
}

/// The files of rules in a folder and those below, in the order of their names; a file that is named itself is taken as it is.
fn find(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let about = fs::metadata(path).map_err(|error| at(path, &error))?;
    if !about.is_dir() {
        let is_yaml =
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml"));
        if depth == 0 || is_yaml {
            files.push(path.to_owned());
        }
        if files.len() > FILES_MAX {
            bail!("{}: more than {FILES_MAX} files of rules", path.display());
        }
        return Ok(());
    }
    if depth > DEPTH_MAX {
        bail!("{}: more than {DEPTH_MAX} folders deep", path.display());
    }
    let entries = fs::read_dir(path).map_err(|error| at(path, &error))?;
    let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    inside.sort();
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    inside.iter().filter(|path| !hidden(path)).try_for_each(|path| find(path, depth + 1, files))
}

fn read(path: &Path) -> Result<RuleText> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| at(path, &error))?;
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| at(path, &error))?;
    Ok(RuleText { name: path.display().to_string(), text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// How many rules are what.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    loaded: usize,
    refused: usize,
    apart: usize,
}

impl Counts {
    fn of(checked: &[Checked]) -> Self {
        let mut counts = Self::default();
        for rule in checked {
            match rule.outcome {
                Outcome::Loaded { .. } => counts.loaded += 1,
                Outcome::Refused(_) => counts.refused += 1,
                Outcome::NotRouted(_) => counts.apart += 1,
            }
        }
        counts
    }

    const fn all(self) -> usize {
        self.loaded + self.refused + self.apart
    }
}

fn as_value(rule: &Checked) -> serde_json::Value {
    let (outcome, source, notes) = match &rule.outcome {
        Outcome::Loaded { source, notes } => ("loaded", source.clone(), notes.clone()),
        Outcome::Refused(problem) => ("refused", String::new(), vec![problem.what().to_owned()]),
        Outcome::NotRouted(why) => ("not_routed", String::new(), vec![why.clone()]),
    };
    let line = if let Outcome::Refused(problem) = &rule.outcome { problem.line() } else { rule.line };
    json!({ "file": rule.file, "line": line, "id": rule.id, "title": rule.title, "outcome": outcome, "source": source, "notes": notes })
}

/// The rules that need a look, and how many there are of each sort; with `all`, every rule.
fn text(checked: &[Checked], counts: Counts, all: bool, style: Style) -> String {
    let mut out = String::new();
    let mut apart: Vec<(&str, usize)> = Vec::new();
    for rule in checked {
        match &rule.outcome {
            Outcome::Refused(problem) => {
                let _ = writeln!(out, "{} {}", style.alarm(&pad("refused", 10)), style.bold(&safe(&rule.title)));
                problem.to_string().lines().for_each(|line| {
                    let _ = writeln!(out, "  {}", safe(line));
                });
            }
            Outcome::Loaded { source, notes } if all || !notes.is_empty() => {
                let _ = writeln!(
                    out,
                    "{} {}  {}:{}  {}",
                    pad("loaded", 10),
                    style.bold(&safe(&rule.title)),
                    safe(&rule.file),
                    rule.line,
                    safe(source)
                );
                notes.iter().for_each(|note| {
                    let _ = writeln!(out, "  {}", safe(note));
                });
            }
            Outcome::Loaded { .. } => {}
            Outcome::NotRouted(why) => {
                if all {
                    let _ =
                        writeln!(out, "{} {}  {}:{}  {}", pad("not routed", 10), safe(&rule.title), safe(&rule.file), rule.line, safe(why));
                }
                match apart.iter_mut().find(|(known, _)| known == why) {
                    Some((_, count)) => *count += 1,
                    None => apart.push((why, 1)),
                }
            }
        }
    }
    apart.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (why, count) in &apart {
        let _ = writeln!(out, "{} {count:>6}  {}", pad("not routed", 10), safe(why));
    }
    let Counts { loaded, refused, apart } = counts;
    let _ = writeln!(out, "{loaded} loaded, {refused} refused, {apart} not routed, of {}", counts.all());
    out
}
