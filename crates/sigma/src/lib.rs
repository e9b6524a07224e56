//! Rules that users bring: Sigma's, and alarms of their own.
//!
//! Sigma rules are read from YAML ([`load`]), compiled and evaluated by `rsigma-eval`, and shown only those events that their log
//! source speaks of. Correlations count what rules matched, over time and by columns. Alarms ([`alarm`]) are the same for those
//! who would rather write a line of TOML: a pattern or a condition, how often, within which time, by which columns, followed by
//! what. What matches becomes a finding like any detector's.
//!
//! Source: the Sigma specification 2.1 and its taxonomy; S2 for alarms ("what swatch could not do"). Left out: sources of which no log
//! is read here, and aggregations behind a pipe, which Sigma gave up for correlations; both are told when rules are loaded.

pub mod alarm;
mod correlation;
mod fields;
mod filter;
mod load;
mod position;
mod route;
mod rule;
mod source;
mod state;
mod who;
mod window;

pub use load::{Checked, Loaded, Outcome, RuleText, load};
pub use state::Rules;
