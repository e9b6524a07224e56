//! Filters: rules that take something out of what other rules match, without changing their files.
//!
//! A filter's own condition is added to those of the rules that it names, with its detections under names that they cannot have
//! themselves. Source: the Sigma specification, "Filters".

use rsigma_parser::{ConditionExpr, Detections, FilterRule, FilterRuleTarget, LogSource, SelectorPattern, SigmaRule};

/// Applies a filter to the rules that it names and whose source it shares. Returns how many those are.
pub(crate) fn apply<'r>(filter: &FilterRule, rules: impl Iterator<Item = &'r mut SigmaRule>) -> usize {
    let mut changed = 0;
    for rule in rules {
        if named(filter, rule) && filter.logsource.as_ref().is_none_or(|source| shares(source, &rule.logsource)) {
            add(&filter.detection, &mut rule.detection, changed);
            changed += 1;
        }
    }
    changed
}

fn named(filter: &FilterRule, rule: &SigmaRule) -> bool {
    let is = |name: &String| [rule.id.as_ref(), rule.name.as_ref(), Some(&rule.title)].into_iter().flatten().any(|known| known == name);
    match &filter.rules {
        FilterRuleTarget::Any => true,
        FilterRuleTarget::Specific(names) => names.iter().any(is),
    }
}

/// Whether what the filter says of its source holds for the rule's.
fn shares(filter: &LogSource, rule: &LogSource) -> bool {
    let same = |wanted: &Option<String>, had: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| had.as_ref().is_some_and(|had| had.eq_ignore_ascii_case(wanted)))
    };
    same(&filter.category, &rule.category) && same(&filter.product, &rule.product) && same(&filter.service, &rule.service)
}

fn add(filter: &Detections, to: &mut Detections, number: usize) {
    // Names that no pattern of the rule's own means: "them" leaves out what begins with an underscore.
    let prefix = format!("__{}_{number}_", to.named.len());
    for (name, detection) in &filter.named {
        to.named.insert(format!("{prefix}{name}__"), detection.clone());
    }
    let conditions: Vec<ConditionExpr> = filter.conditions.iter().map(|condition| renamed(condition, &prefix)).collect();
    let Some(condition) = conditions.into_iter().reduce(|a, b| ConditionExpr::Or(vec![a, b])) else { return };
    to.conditions = to.conditions.iter().map(|own| ConditionExpr::And(vec![own.clone(), condition.clone()])).collect();
}

fn renamed(condition: &ConditionExpr, prefix: &str) -> ConditionExpr {
    let all = |items: &[ConditionExpr]| items.iter().map(|item| renamed(item, prefix)).collect();
    match condition {
        ConditionExpr::And(items) => ConditionExpr::And(all(items)),
        ConditionExpr::Or(items) => ConditionExpr::Or(all(items)),
        ConditionExpr::Not(item) => ConditionExpr::Not(Box::new(renamed(item, prefix))),
        ConditionExpr::Identifier(name) => ConditionExpr::Identifier(format!("{prefix}{name}__")),
        ConditionExpr::Selector { quantifier, pattern } => ConditionExpr::Selector {
            quantifier: quantifier.clone(),
            pattern: match pattern {
                SelectorPattern::Them => SelectorPattern::Pattern(format!("{prefix}*")),
                SelectorPattern::Pattern(pattern) => SelectorPattern::Pattern(format!("{prefix}{pattern}__")),
            },
        },
    }
}
