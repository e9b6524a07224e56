//! `software.log`: what runs on hosts inside, from what they say of themselves in HTTP, SMTP, SSH, FTP.
//!
//! Protocols tell of banners through [`emit`]; the correlator [`Inventory`] reads names and versions out of them, and
//! writes a row when a host runs something that it was not known to run, or another version. Source: Zeek's
//! `base/frameworks/software/main.zeek`. Leaves out the notices for vulnerable versions.

mod inventory;
pub mod log;
mod mozilla;
mod seen;
mod version;

pub use inventory::Inventory;
pub use seen::{Seen, emit, emit_for};
