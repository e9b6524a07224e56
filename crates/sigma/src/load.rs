//! Loading: texts of rule files turned into rules, each with what became of it.
//!
//! Nothing that a file holds stops the others from being loaded. A rule that cannot be used says why, and where it can be told, at which
//! place of its file.

use crate::correlation::{self, Correlation};
use crate::fields::Fields;
use crate::filter;
use crate::position::{self, Documents};
use crate::route::{Route, kinds_of};
use crate::rule::About;
use crate::source::Source;
use crate::state::Rules;
use contract::Problem;
use rsigma_eval::{CompiledDetection, CompiledRule, Engine, compile_rule};
use rsigma_parser::{CorrelationRule, FilterRule, SigmaRule, parse_sigma_yaml};
use std::collections::{BTreeMap, BTreeSet};

/// The longest rule file that is read, in bytes: SigmaHQ's longest has 100 kB.
const FILE_BYTES_MAX: usize = 1 << 20;
/// All rule files together, in bytes: ten times SigmaHQ's whole set.
const TOTAL_BYTES_MAX: usize = 64 << 20;
/// Rules in all: SigmaHQ has some 4,000.
const RULES_MAX: usize = 32_768;

/// Brackets of YAML that may be open at once. The parser's work grows with their square; patterns in quotes leave a few open, never so many.
const NESTING_MAX: usize = 1_000;

/// A rule file.
#[derive(Clone, Debug)]
pub struct RuleText {
    /// What errors call it: its path.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in use.
    Loaded {
        /// The source whose events it sees.
        source: String,
        /// What may keep it from matching, or is odd about it.
        notes: Vec<String>,
    },
    /// It cannot be used.
    Refused(Problem),
    /// It is sound, but we have no events for it: why.
    NotRouted(String),
}

/// A rule, and what became of it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// The line at which it begins, from 1 on.
    pub line: usize,
    /// Its id, where it has one.
    pub id: String,
    /// Its title; what kind of document it is where there is none.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// All rules that were loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Those in use.
    pub rules: Rules,
    /// All of them, in the order of the files.
    pub checked: Vec<Checked>,
}

/// A rule on its way.
struct Parsed<D> {
    /// Its place in the list of all.
    place: usize,
    document: position::Document,
    rule: D,
}

#[derive(Default)]
struct Loading {
    checked: Vec<Checked>,
    rules: Vec<Parsed<SigmaRule>>,
    correlations: Vec<Parsed<CorrelationRule>>,
    filters: Vec<Parsed<FilterRule>>,
}

/// Loads rules. `kinds` are all logs that there are.
pub fn load(texts: &[RuleText], kinds: &[&'static model::Kind]) -> Loaded {
    let mut loading = Loading::default();
    let mut bytes = 0;
    for (number, text) in texts.iter().enumerate() {
        bytes += text.text.len();
        let whole = position::Document { file: number, from: 0, line: 1 };
        if text.text.len() > FILE_BYTES_MAX || bytes > TOTAL_BYTES_MAX {
            let what = if bytes > TOTAL_BYTES_MAX { "the rules together are" } else { "this file is" };
            let most = if bytes > TOTAL_BYTES_MAX { TOTAL_BYTES_MAX } else { FILE_BYTES_MAX };
            let problem = Problem::new(&text.name, &text.text, 0..0, format!("{what} longer than {most} bytes"), "split it".to_owned());
            loading.refuse(texts, &whole, "", "file", problem);
            continue;
        }
        for document in Documents::new(number, &text.text) {
            loading.document(texts, &document);
        }
    }
    loading.finish(texts, kinds)
}

impl Loading {
    fn check(&mut self, texts: &[RuleText], document: &position::Document, id: &str, title: &str, outcome: Outcome) -> usize {
        let file = texts.get(document.file).map(|text| text.name.clone()).unwrap_or_default();
        self.checked.push(Checked { file, line: document.line, id: id.to_owned(), title: title.to_owned(), outcome });
        self.checked.len() - 1
    }

    fn refuse(&mut self, texts: &[RuleText], document: &position::Document, id: &str, title: &str, problem: Problem) {
        self.check(texts, document, id, title, Outcome::Refused(problem));
    }

    fn document(&mut self, texts: &[RuleText], document: &position::Document) {
        let Some(source) = texts.get(document.file) else { return };
        let text = document.text(&source.text);
        if let Some(at) = too_deep(text) {
            let at = document.from + at;
            let (what, fix) = (format!("more than {NESTING_MAX} brackets that are not closed"), "close them".to_owned());
            return self.refuse(texts, document, "", "document", Problem::new(&source.name, &source.text, at..at + 1, what, fix));
        }
        let collection = match parse_sigma_yaml(text) {
            Ok(collection) => collection,
            Err(error) => {
                let problem = document.problem(source, &error.to_string());
                return self.refuse(texts, document, "", "document", problem);
            }
        };
        let broken = collection.is_empty();
        let notes = if broken { Vec::new() } else { collection.errors.clone() };
        if broken {
            let title = position::scalar(text, "title").unwrap_or("document");
            for error in &collection.errors {
                let problem = document.problem(source, error);
                self.refuse(texts, document, position::scalar(text, "id").unwrap_or_default(), title, problem);
            }
        }
        let loaded = |notes: &[String]| Outcome::Loaded { source: String::new(), notes: notes.to_vec() };
        let id = |id: &Option<String>| id.clone().unwrap_or_default();
        for rule in collection.rules {
            let document = document.holding(text, &rule.title);
            let place = self.check(texts, &document, &id(&rule.id), &rule.title, loaded(&notes));
            self.rules.push(Parsed { place, document, rule });
        }
        for rule in collection.correlations {
            let document = document.holding(text, &rule.title);
            let place = self.check(texts, &document, &id(&rule.id), &rule.title, loaded(&notes));
            self.correlations.push(Parsed { place, document, rule });
        }
        for rule in collection.filters {
            let document = document.holding(text, &rule.title);
            let place = self.check(texts, &document, &id(&rule.id), &rule.title, loaded(&notes));
            self.filters.push(Parsed { place, document, rule });
        }
    }

    fn outcome(&mut self, place: usize, outcome: Outcome) {
        if let Some(checked) = self.checked.get_mut(place) {
            checked.outcome = outcome;
        }
    }

    fn note(&mut self, place: usize, note: String) {
        if let Some(Checked { outcome: Outcome::Loaded { notes, .. }, .. }) = self.checked.get_mut(place) {
            notes.push(note);
        }
    }

    fn finish(mut self, texts: &[RuleText], kinds: &[&'static model::Kind]) -> Loaded {
        for filter in std::mem::take(&mut self.filters) {
            let changed = filter::apply(&filter.rule, self.rules.iter_mut().map(|one| &mut one.rule));
            if changed == 0 {
                self.note(filter.place, "no rule that is loaded is named by this filter".to_owned());
            }
        }
        let mut compiled: BTreeMap<Source, Vec<CompiledRule>> = BTreeMap::new();
        let mut abouts: Vec<About> = Vec::new();
        let mut apart: Vec<(String, String)> = Vec::new();
        for parsed in std::mem::take(&mut self.rules) {
            self.rule(texts, kinds, parsed, &mut compiled, &mut abouts, &mut apart);
        }
        let routes = compiled.into_iter().map(|(source, rules)| route(source, rules)).collect();
        let correlations = self.correlations(texts, &mut abouts, &apart);
        Loaded { rules: Rules::new(routes, abouts, correlations), checked: self.checked }
    }

    /// Compiles one rule and puts it where its source's rules are.
    fn rule(
        &mut self,
        texts: &[RuleText],
        kinds: &[&'static model::Kind],
        parsed: Parsed<SigmaRule>,
        compiled: &mut BTreeMap<Source, Vec<CompiledRule>>,
        abouts: &mut Vec<About>,
        apart: &mut Vec<(String, String)>,
    ) {
        let Parsed { place, document, rule } = parsed;
        let Some(text) = texts.get(document.file) else { return };
        let mut without = |names: [&Option<String>; 2], why: &str| {
            apart.extend(names.into_iter().flatten().map(|name| (name.clone(), why.to_owned())));
        };
        let source = match Source::of(&rule.logsource) {
            Ok(source) => source,
            Err(why) => {
                // A rule that is broken is broken, whether or not there are events for it.
                let outcome = match compile_rule(&rule) {
                    Ok(_) => Outcome::NotRouted(why.clone()),
                    Err(error) => Outcome::Refused(document.problem(text, &error.to_string())),
                };
                without([&rule.id, &rule.name], &why);
                return self.outcome(place, outcome);
            }
        };
        if abouts.len() >= RULES_MAX {
            let problem = document.problem(text, &format!("more than {RULES_MAX} rules"));
            return self.outcome(place, Outcome::Refused(problem));
        }
        let mut ready = match compile_rule(&rule) {
            Ok(ready) => ready,
            Err(error) => {
                without([&rule.id, &rule.name], "it is refused itself");
                return self.outcome(place, Outcome::Refused(document.problem(text, &error.to_string())));
            }
        };
        let used = used(&ready);
        let of = kinds_of(&source, kinds);
        if of.is_empty() {
            let why = format!("no events of {}: there is no such log", source.name());
            without([&rule.id, &rule.name], &why);
            return self.outcome(place, Outcome::NotRouted(why));
        }
        let fields: Vec<Fields> = of.iter().map(|kind| Fields::new(&source, kind, &[])).collect();
        let unknown: Vec<&str> = used.iter().filter(|name| !fields.iter().any(|one| one.knows(name))).map(|name| &**name).collect();
        if !unknown.is_empty() {
            self.note(place, format!("{} has no field {}", source.name(), unknown.join(", ")));
        }
        abouts.push(About::of(&rule, &source, format!("{}:{}", text.name, document.line)));
        // What comes back of a match is the number of the rule, since all else of it is kept here.
        ready.id = Some((abouts.len() - 1).to_string());
        ready.title = String::new();
        ready.tags = Vec::new();
        ready.custom_attributes = std::sync::Arc::default();
        ready.include_event = false;
        if let Some(Checked { outcome: Outcome::Loaded { source: told, .. }, .. }) = self.checked.get_mut(place) {
            *told = source.name();
        }
        compiled.entry(source).or_default().push(ready);
    }

    fn correlations(&mut self, texts: &[RuleText], abouts: &mut Vec<About>, apart: &[(String, String)]) -> Vec<Correlation> {
        let rules = abouts.len();
        let mut ready: Vec<(usize, Correlation)> = Vec::new();
        let mut waiting = std::mem::take(&mut self.correlations);
        // Correlations may stand on others: those whose rules are all there come first, until none is left or none gets further.
        loop {
            let mut later = Vec::new();
            let before = waiting.len();
            for parsed in waiting {
                let Some(text) = texts.get(parsed.document.file) else { continue };
                let place = format!("{}:{}", text.name, parsed.document.line);
                match correlation::compile(&parsed.rule, abouts, rules) {
                    Ok(mut correlation) => {
                        correlation.about = abouts.len();
                        let excluded = correlation.refs.first().and_then(|about| abouts.get(*about)).map_or(&[][..], About::excluded);
                        abouts.push(About::of_correlation(&parsed.rule, place, excluded));
                        ready.push((parsed.place, correlation));
                    }
                    Err(correlation::Unfit::Missing(name)) if parsed_name(&later, &name) || before > 1 => later.push((parsed, name)),
                    Err(unfit) => self.unfit(text, &parsed, unfit, apart),
                }
            }
            if later.len() == before {
                for (parsed, name) in later {
                    let Some(text) = texts.get(parsed.document.file) else { continue };
                    self.unfit(text, &parsed, correlation::Unfit::Missing(name), apart);
                }
                break;
            }
            waiting = later.into_iter().map(|(parsed, _)| parsed).collect();
            if waiting.is_empty() {
                break;
            }
        }
        for (place, correlation) in &ready {
            if let Some(Checked { outcome: Outcome::Loaded { source, .. }, .. }) = self.checked.get_mut(*place) {
                *source = format!("correlation of {} rules", correlation.refs.len());
            }
        }
        ready.into_iter().map(|(_, correlation)| correlation).collect()
    }

    fn unfit(&mut self, text: &RuleText, parsed: &Parsed<CorrelationRule>, unfit: correlation::Unfit, apart: &[(String, String)]) {
        let outcome = match unfit {
            correlation::Unfit::Missing(name) => match apart.iter().find(|(known, _)| *known == name) {
                Some((_, why)) => Outcome::NotRouted(format!("it needs the rule {name}: {why}")),
                None => Outcome::Refused(parsed.document.problem(text, &format!("no rule is called '{name}'"))),
            },
            correlation::Unfit::Broken(why) => Outcome::Refused(parsed.document.problem(text, &why)),
        };
        self.outcome(parsed.place, outcome);
    }
}

fn parsed_name(later: &[(Parsed<CorrelationRule>, String)], name: &str) -> bool {
    later.iter().any(|(parsed, _)| parsed.rule.id.as_deref() == Some(name) || parsed.rule.name.as_deref() == Some(name))
}

/// Where a text opens more brackets than are parsed.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > NESTING_MAX
    })
}

/// The rules of a source, ready to be asked.
fn route(source: Source, rules: Vec<CompiledRule>) -> Route {
    let names: BTreeSet<Box<str>> = rules.iter().flat_map(used).collect();
    let mut engine = Engine::new();
    engine.extend_compiled_rules(rules);
    Route::new(source, engine, names.into_iter().collect())
}

/// The fields that a rule looks at.
fn used(rule: &CompiledRule) -> BTreeSet<Box<str>> {
    let mut names = BTreeSet::new();
    for detection in rule.detections.values() {
        collect(detection, &mut names);
    }
    names
}

fn collect(detection: &CompiledDetection, names: &mut BTreeSet<Box<str>>) {
    match detection {
        CompiledDetection::AllOf(items) => names.extend(items.iter().filter_map(|item| item.field.as_deref()).map(Into::into)),
        CompiledDetection::AnyOf(all) | CompiledDetection::And(all) => all.iter().for_each(|one| collect(one, names)),
        CompiledDetection::Keywords(_) => {}
        CompiledDetection::ArrayMatch { field, body, .. } => {
            names.insert(field.as_str().into());
            collect(body, names);
        }
        CompiledDetection::Conditional { named, .. } => named.values().for_each(|one| collect(one, names)),
    }
}
