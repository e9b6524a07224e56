//! The report: the story as one HTML page that can be sent on, printed, and read on a phone.
//!
//! Floor 4. One file without any outside resource and without a script; its own Content-Security-Policy forbids both, so that
//! nothing that an attacker wrote into the traffic is ever run or fetched by opening it. Drawings are SVG in the page, made
//! twice, for wide pages and for narrow ones. What is read from files comes in as arguments ([`Gathered`], [`Proof`]).

mod draw;
mod gather;
mod hero;
mod lang;
mod lists;
mod made;
mod page;
mod tables;
mod text;
mod traffic;
mod view;
mod when;

pub use gather::{Cells, Gathered, LOGS};
pub use lang::Lang;
pub use made::{Hashed, Proof};
pub use page::Page;
pub use when::Zone;
