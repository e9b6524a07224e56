//! Logs on their way out: rows in Zeek's TSV form or as JSON lines, one buffered file per log.
//!
//! Floor 2. No file is opened here: whoever makes a [`Logs`] says how ([`Create`]), so that the writers run on memory in
//! tests. Rows are formatted straight into one buffer per log; nothing is allocated per row or cell.

mod json;
pub mod limits;
mod logs;
mod number;
mod stamp;
mod text;
mod tsv;

pub use json::{write_json_row, write_json_text};
pub use logs::{Create, Format, Logs, Written};
pub use stamp::write_stamp;
pub use tsv::{write_header, write_tsv_row, write_tsv_value};
