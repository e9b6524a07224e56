//! TCP as an observer sees it: states of both sides, histories, sequence numbers, windows, and both streams in order.
//! The observer may have come late, may miss packets, and may be lied to; Zeek's judgement of each case is followed.

mod endpoint;
mod machine;
mod reassembly;
mod recent;
mod transitions;

pub use endpoint::{Endpoint, State};
pub use machine::{Connection, Heard, Stream};
