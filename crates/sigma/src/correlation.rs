//! Correlations: rules over what other rules matched, within a time and apart for each value of some fields.
//!
//! Source: the Sigma specification, "Correlation rules", with all its types; windows may tumble or follow a session as `rsigma` extends
//! it. A rule that wants more entries at a time than are kept is refused.

use crate::rule::About;
use crate::window::{Entry, GROUP_ENTRIES_MAX, Laid, Shape, Window};
use model::Interval;
use rsigma_eval::correlation::{CompiledCorrelation, compile_correlation};
use rsigma_parser::{ConditionExpr, CorrelationRule, CorrelationType, Quantifier, SelectorPattern, WindowMode};

/// The longest time that a correlation may span: a month. What is older is not kept in memory.
const SPAN_SECS_MAX: u64 = 31 * 86_400;
/// Entries that sums, means and percentiles are taken over: they are taken anew at each match.
const NUMBERS_MAX: usize = 1_024;
/// Rules that one correlation may name.
const REFS_MAX: usize = 256;

/// A correlation, ready to be fed.
#[derive(Debug)]
pub(crate) struct Correlation {
    /// Its place among all rules' abouts.
    pub(crate) about: usize,
    /// The rules that it is over: places among all rules' abouts.
    pub(crate) refs: Vec<usize>,
    /// Whether those rules tell of each match beside it.
    pub(crate) generate: bool,
    pub(crate) shape: Shape,
    compiled: CompiledCorrelation,
    /// For each of its rules, the fields that make a group.
    groups: Vec<Vec<Box<str>>>,
}

/// Why a correlation cannot be used.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// A rule that it names is not there.
    Missing(String),
    /// It is not sound.
    Broken(String),
}

/// Compiles a correlation over the rules that there are; the first `rules` of them are no correlations themselves.
pub(crate) fn compile(rule: &CorrelationRule, abouts: &[About], rules: usize) -> Result<Correlation, Unfit> {
    let compiled = compile_correlation(rule).map_err(|error| Unfit::Broken(error.to_string()))?;
    if compiled.rule_refs.is_empty() || compiled.rule_refs.len() > REFS_MAX {
        return Err(Unfit::Broken(format!("a correlation is over one to {REFS_MAX} rules")));
    }
    let mut refs = Vec::new();
    for name in &compiled.rule_refs {
        let is = |about: &About| *about.id == **name || about.name.as_deref() == Some(name);
        refs.push(abouts.iter().position(is).ok_or_else(|| Unfit::Missing(name.clone()))?);
    }
    if compiled.timespan_secs == 0 || compiled.timespan_secs > SPAN_SECS_MAX {
        return Err(Unfit::Broken(format!("a timespan of {} seconds; from 1 second to 31 days are kept", compiled.timespan_secs)));
    }
    let counted = matches!(compiled.correlation_type, CorrelationType::EventCount | CorrelationType::ValueCount);
    let most = compiled.condition.predicates.iter().map(|(_, limit)| *limit).fold(0.0, f64::max) as usize;
    if counted && most >= GROUP_ENTRIES_MAX {
        return Err(Unfit::Broken(format!("counts up to {most}; at most {GROUP_ENTRIES_MAX} matches are kept of a group")));
    }
    let needs_field =
        !matches!(compiled.correlation_type, CorrelationType::EventCount | CorrelationType::Temporal | CorrelationType::TemporalOrdered);
    if needs_field && compiled.condition.field.as_ref().is_none_or(Vec::is_empty) {
        return Err(Unfit::Broken("a correlation of values without 'field' in its condition".to_owned()));
    }
    if needs_field && refs.iter().any(|place| *place >= rules) {
        return Err(Unfit::Broken("values are counted of rules, not of other correlations".to_owned()));
    }
    let groups = refs
        .iter()
        .map(|place| {
            let names: Vec<&str> =
                abouts.get(*place).map(|about| [Some(&*about.id), about.name.as_deref()]).into_iter().flatten().flatten().collect();
            compiled.group_by.iter().map(|field| field.resolve(&names).into()).collect()
        })
        .collect();
    let secs = |secs: u64| Interval::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
    let laid = match (compiled.window_mode, compiled.gap_secs) {
        (WindowMode::Tumbling, _) => Laid::Tumbling,
        (WindowMode::Session, Some(gap)) => Laid::Session(secs(gap.min(SPAN_SECS_MAX))),
        _ => Laid::Sliding,
    };
    // Twice what is asked for, so that a range's upper end is passed before anything is let go.
    let entries_max = if counted { (2 * most + 64).min(GROUP_ENTRIES_MAX) } else { NUMBERS_MAX };
    let shape = Shape { span: secs(compiled.timespan_secs), laid, entries_max };
    Ok(Correlation { about: 0, refs, generate: compiled.generate, shape, compiled, groups })
}

impl Correlation {
    /// The fields by which matches of one of its rules are told apart.
    pub(crate) fn group(&self, which: u16) -> &[Box<str>] {
        self.groups.get(usize::from(which)).map_or(&[], Vec::as_slice)
    }

    /// The names of those fields, as the correlation calls them.
    pub(crate) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.compiled.group_by.iter().map(rsigma_eval::GroupByField::name)
    }

    /// The fields whose values are counted or added up; empty where it is the matches.
    pub(crate) fn measured(&self) -> &[String] {
        self.compiled.condition.field.as_deref().unwrap_or_default()
    }

    /// Whether those are numbers.
    pub(crate) const fn is_of_numbers(&self) -> bool {
        matches!(
            self.compiled.correlation_type,
            CorrelationType::ValueSum | CorrelationType::ValueAvg | CorrelationType::ValuePercentile | CorrelationType::ValueMedian
        )
    }

    /// What is measured, for a person.
    pub(crate) const fn measure(&self) -> &'static str {
        match self.compiled.correlation_type {
            CorrelationType::EventCount => "matches",
            CorrelationType::ValueCount => "values",
            CorrelationType::Temporal | CorrelationType::TemporalOrdered => "rules",
            CorrelationType::ValueSum => "sum",
            CorrelationType::ValueAvg => "mean",
            CorrelationType::ValuePercentile => "percentile",
            CorrelationType::ValueMedian => "median",
        }
    }

    /// The number that it is held against, the first where there are several.
    pub(crate) fn limit(&self) -> f64 {
        match self.compiled.correlation_type {
            CorrelationType::Temporal | CorrelationType::TemporalOrdered => self.refs.len() as f64,
            _ => self.compiled.condition.predicates.first().map_or(0.0, |(_, limit)| *limit),
        }
    }

    /// What is measured of a window, where that fulfils the condition.
    pub(crate) fn fulfilled(&self, window: &Window) -> Option<f64> {
        let value = match self.compiled.correlation_type {
            CorrelationType::EventCount => window.len() as f64,
            CorrelationType::ValueCount => window.distinct() as f64,
            CorrelationType::Temporal => return self.together(window),
            CorrelationType::TemporalOrdered => return self.together(window).filter(|_| self.in_order(window)),
            CorrelationType::ValueSum => window.entries().map(|entry| entry.number).sum(),
            CorrelationType::ValueAvg => window.entries().map(|entry| entry.number).sum::<f64>() / window.len().max(1) as f64,
            CorrelationType::ValuePercentile => percentile(window, self.compiled.condition.percentile.unwrap_or(50))?,
            CorrelationType::ValueMedian => percentile(window, 50)?,
        };
        self.compiled.condition.check(value).then_some(value)
    }

    /// How many of the rules matched, where those are all that are needed.
    fn together(&self, window: &Window) -> Option<f64> {
        let mut matched = vec![false; self.refs.len()];
        for entry in window.entries() {
            if let Some(one) = matched.get_mut(usize::from(entry.which)) {
                *one = true;
            }
        }
        let count = matched.iter().filter(|one| **one).count();
        let enough = match &self.compiled.extended_expr {
            Some(condition) => self.holds(condition, &matched),
            None => self.compiled.condition.check(count as f64) && (self.has_threshold() || count == self.refs.len()),
        };
        enough.then_some(count as f64)
    }

    /// Whether the condition says how many rules must match; else it is all of them.
    fn has_threshold(&self) -> bool {
        self.compiled.condition.predicates.iter().any(|(_, limit)| *limit > 1.0)
    }

    fn holds(&self, condition: &ConditionExpr, matched: &[bool]) -> bool {
        let is = |name: &str| self.compiled.rule_refs.iter().position(|known| known == name).is_some_and(|place| matched[place]);
        match condition {
            ConditionExpr::And(all) => all.iter().all(|one| self.holds(one, matched)),
            ConditionExpr::Or(any) => any.iter().any(|one| self.holds(one, matched)),
            ConditionExpr::Not(one) => !self.holds(one, matched),
            ConditionExpr::Identifier(name) => is(name),
            ConditionExpr::Selector { quantifier, pattern } => {
                let meant = |name: &str| match pattern {
                    SelectorPattern::Them => true,
                    SelectorPattern::Pattern(pattern) => rsigma_parser::detection_name_matches(pattern, name),
                };
                let of: Vec<bool> =
                    self.compiled.rule_refs.iter().zip(matched).filter(|(name, _)| meant(name)).map(|(_, matched)| *matched).collect();
                let count = of.iter().filter(|one| **one).count() as u64;
                match quantifier {
                    Quantifier::Any => count > 0,
                    Quantifier::All => count == of.len() as u64,
                    Quantifier::Count(wanted) => count >= *wanted,
                }
            }
        }
    }

    /// Whether all rules matched one after another, in the order in which they are named.
    fn in_order(&self, window: &Window) -> bool {
        let mut next = 0;
        for entry in window.entries() {
            if usize::from(entry.which) == next {
                next += 1;
            }
        }
        next >= self.refs.len()
    }
}

/// The value below which so many per cent of the numbers lie, between the two nearest.
fn percentile(window: &Window, rank: u64) -> Option<f64> {
    let mut numbers: Vec<f64> = window.entries().map(|entry: &Entry| entry.number).filter(|number| number.is_finite()).collect();
    numbers.sort_by(f64::total_cmp);
    let place = rank.min(100) as f64 / 100.0 * numbers.len().checked_sub(1)? as f64;
    let (low, high) = (numbers.get(place.floor() as usize)?, numbers.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}
