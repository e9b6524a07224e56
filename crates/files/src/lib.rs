//! What travels inside flows: bodies put together, hashed, recognised by their content, looked into and, where wished,
//! kept. One [`Files`] per shard; it does no I/O except through [`Store`].
//!
//! The meaning of every column of Zeek's is Zeek's own (`files.log`, `pe.log`): a file's row is written when the file
//! ends, its time is that of its first byte, its type is found in its first 4 KiB.

mod body;
mod engine;
mod entropy;
mod folder;
mod hashes;
mod keep;
pub mod log;
mod mime;
mod origin;
pub mod pe;
mod reassembly;
mod row;
mod wrapping;

pub use engine::{Files, Limits};
pub use folder::{Folder, KeepLimits};
pub use keep::{Keeper, Kept, Label, Store};
pub use mime::detect;

/// The logs that this crate writes.
pub fn kinds() -> &'static [&'static model::Kind] {
    static KINDS: &[&model::Kind] = &[&log::KIND, &pe::log::KIND];
    KINDS
}
