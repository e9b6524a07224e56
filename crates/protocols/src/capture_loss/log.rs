//! The columns of `capture_loss.log`.

use model::{Column, Field, Kind, TS_KEY, Type, field};

/// `capture_loss.log`.
pub const KIND: Kind = Kind {
    name: "capture_loss",
    doc: "How much of the traffic the capture missed, estimated from acknowledgements.",
    keys: TS_KEY,
    fields: FIELDS,
};

const FIELDS: &[Field] = &[
    field("ts_delta", Type::INTERVAL, "s", "Time since the measurement before."),
    field("peer", Type::STRING, "", "The sensor that measured."),
    field("gaps", Type::COUNT, "acknowledgements", "Acknowledgements of bytes that were not seen."),
    field("acks", Type::COUNT, "acknowledgements", "Acknowledgements of new bytes."),
    field("percent_lost", Type::DOUBLE, "%", "The share of the former in the latter."),
];

/// Time since the measurement before.
pub const TS_DELTA: Column = KIND.column("ts_delta");
/// The sensor.
pub const PEER: Column = KIND.column("peer");
/// Acknowledgements of bytes that were not seen.
pub const GAPS: Column = KIND.column("gaps");
/// Acknowledgements of new bytes.
pub const ACKS: Column = KIND.column("acks");
/// Their share in percent.
pub const PERCENT_LOST: Column = KIND.column("percent_lost");
