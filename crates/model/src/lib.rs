//! What every part of the program speaks: times, addresses, ids, values, and events with their schema as data.
//!
//! Floor 0: no I/O, no clock, no knowledge of any protocol. A log's columns are a [`Kind`]; from that one table come
//! the Zeek header, the JSON keys, the reference manual and the console's columns.

mod addr;
mod civil;
mod event;
mod kind;
pub mod kinds;
mod time;
mod uid;
mod value;

pub use addr::Addr;
pub use civil::Civil;
pub use event::Event;
pub use kind::{Column, FLOW_KEYS, Field, Kind, Scalar, TS_KEY, Type, field};
pub use time::{Interval, Timestamp};
pub use uid::Uid;
pub use value::Value;
