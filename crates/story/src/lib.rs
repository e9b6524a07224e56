//! From findings and events to what happened: findings added up per host, incidents with their stages, and the story that the
//! evidence tells. Nothing here prints; [`Story`] is data that the terminal, the report and the exchange formats show.
//!
//! ```text
//! events ──> evidence (bounded memory) ──┐
//! findings ──> accumulate (suspects) ────┴─> chain, contacts ──> statements ──> words (en, ja)
//!                                                   └──> indicators ──> blocks        blind, questions
//! ```

mod accumulate;
mod blind;
pub mod blocks;
mod chain;
mod contacts;
mod data;
mod evidence;
mod findings;
mod incident;
mod indicators;
mod make;
mod notable;
mod ordinary;
mod questions;
mod scene;
mod statement;
mod text;
mod words;

pub use accumulate::{Suspect, THRESHOLD, suspects};
pub use data::{
    Exclusion, FindingRow, Incident, Indicator, Input, Made, MeasureRow, RoleRow, Sentence, Source, StageRow, Story, Text, VERSION,
};
pub use evidence::Evidence;
pub use findings::{Findings, Found};
pub use make::{Told, make, news, row};
pub use notable::{Rank, rank};
pub use text::stamp;
