//! From findings and events to what happened: findings added up per host, incidents with their stages, and the story that the
//! evidence tells. Nothing here prints; [`Story`] is data that the terminal, the report and the exchange formats show.

mod accumulate;
mod data;
mod evidence;
mod findings;
mod make;
mod text;

pub use accumulate::{Suspect, THRESHOLD, suspects};
pub use data::{
    Exclusion, FindingRow, Incident, Indicator, Input, Made, MeasureRow, RoleRow, Sentence, Source, StageRow, Story, Text, VERSION,
};
pub use evidence::Evidence;
pub use findings::{Findings, Found};
pub use make::{make, row};
