//! `software.log`: what runs on hosts, from what they say of themselves.

mod log;

pub use log::{Seen, emit, emit_for};
