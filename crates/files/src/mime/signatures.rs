//! The signatures: what a file of each type begins with, and how strong a sign of the type that is.
//!
//! The facts are those of Zeek's signature set (`scripts/base/frameworks/files/magic`), most of which go back to the
//! magic database of `file`; hence the types of the nineties. Strongest first, the same strength by the alphabet: the
//! first that fits is the answer. Markup is judged in [`super::markup`].

use super::pattern::Part;
use super::strong::STRONG;
use super::weak::WEAK;

/// One sign of one type.
#[derive(Debug)]
pub(super) struct Signature {
    /// How strong a sign it is: a stronger one wins.
    pub(super) strength: i16,
    /// The type.
    pub(super) mime: &'static str,
    /// What the file begins with.
    pub(super) parts: &'static [Part],
}

/// A row of the tables.
pub(super) const fn sign(strength: i16, mime: &'static str, parts: &'static [Part]) -> Signature {
    Signature { strength, mime, parts }
}

/// All signatures, strongest first.
pub(super) fn all() -> impl Iterator<Item = &'static Signature> {
    STRONG.iter().chain(WEAK)
}
