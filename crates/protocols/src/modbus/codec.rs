//! Modbus/TCP messages ("MODBUS Application Protocol Specification" 1.1b3, "MODBUS Messaging on TCP/IP" 1.0b).
//!
//! ```text
//! | transaction (2) | protocol (2), 0 | length of what follows (2) | unit (1) | function (1) | data … |
//! ```

use crate::bounds::{Reader, out_of_bound};
use contract::{Side, Violation};
use model::Value;

/// Bytes in front of what the length counts.
pub const PREFIX_BYTES: usize = 6;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 8;
/// The bit by which a response says that it is an exception.
pub const EXCEPTION_BIT: u8 = 0x80;

/// A message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The number of the transaction.
    pub transaction: u16,
    /// The device behind the address.
    pub unit: u8,
    /// What is to be done.
    pub function: u8,
}

/// How long the message is that begins with these bytes; `None` where too few are there.
pub fn message_bytes(head: &[u8]) -> Option<usize> {
    let [_, _, _, _, high, low, ..] = head else { return None };
    Some(PREFIX_BYTES + usize::from(u16::from_be_bytes([*high, *low])))
}

/// The header of a message.
///
/// # Errors
/// Where the message is too short for one.
pub fn header(message: &[u8]) -> Result<Header, Violation> {
    match message {
        [t0, t1, _, _, _, _, unit, function, ..] => {
            Ok(Header { transaction: u16::from_be_bytes([*t0, *t1]), unit: *unit, function: *function })
        }
        _ => Err(out_of_bound("ModbusTCP_TransportHeader", HEADER_BYTES, message.len())),
    }
}

/// How a message's data is laid out: so many fixed bytes, then so many as the last of them (or two of them) says.
#[derive(Clone, Copy)]
enum Layout {
    Fixed(usize),
    Counted(usize),
    CountedWide(usize),
}

/// Checks the data of a message.
///
/// # Errors
/// Where it is shorter than its function demands.
pub fn check(side: Side, function: u8, data: &[u8]) -> Result<(), Violation> {
    use Layout::{Counted, CountedWide, Fixed};
    let request = side.is_orig();
    let (what, layout) = match (function, request) {
        (1, true) => ("ReadCoilsRequest", Fixed(4)),
        (1, false) => ("ReadCoilsResponse", Counted(1)),
        (2, true) => ("ReadDiscreteInputsRequest", Fixed(4)),
        (2, false) => ("ReadDiscreteInputsResponse", Counted(1)),
        (3, true) => ("ReadHoldingRegistersRequest", Fixed(4)),
        (3, false) => ("ReadHoldingRegistersResponse", Counted(1)),
        (4, true) => ("ReadInputRegistersRequest", Fixed(4)),
        (4, false) => ("ReadInputRegistersResponse", Counted(1)),
        (5, true) => ("WriteSingleCoilRequest", Fixed(4)),
        (5, false) => ("WriteSingleCoilResponse", Fixed(4)),
        (6, true) => ("WriteSingleRegisterRequest", Fixed(4)),
        (6, false) => ("WriteSingleRegisterResponse", Fixed(4)),
        (8, true) => ("DiagnosticsRequest", Fixed(2)),
        (8, false) => ("DiagnosticsResponse", Fixed(2)),
        (15, true) => ("WriteMultipleCoilsRequest", Counted(5)),
        (15, false) => ("WriteMultipleCoilsResponse", Fixed(4)),
        (16, true) => ("WriteMultipleRegistersRequest", Counted(5)),
        (16, false) => ("WriteMultipleRegistersResponse", Fixed(4)),
        (20, true) => ("ReadFileRecordRequest", Counted(1)),
        (20, false) => ("ReadFileRecordResponse", Counted(1)),
        (21, true) => ("WriteFileRecordRequest", Counted(1)),
        (21, false) => ("WriteFileRecordResponse", Counted(1)),
        (22, true) => ("MaskWriteRegisterRequest", Fixed(6)),
        (22, false) => ("MaskWriteRegisterResponse", Fixed(6)),
        (23, true) => ("ReadWriteMultipleRegistersRequest", Counted(9)),
        (23, false) => ("ReadWriteMultipleRegistersResponse", Counted(1)),
        (24, true) => ("ReadFIFOQueueRequest", Fixed(2)),
        (24, false) => ("ReadFIFOQueueResponse", CountedWide(2)),
        (EXCEPTION_BIT.., false) => ("Exception", Fixed(1)),
        _ => return Ok(()),
    };
    let reader = Reader::new(data);
    let (fixed, counted) = match layout {
        Fixed(bytes) => return reader.need(bytes, what),
        Counted(bytes) => (bytes, data.get(bytes - 1).map(|count| usize::from(*count))),
        CountedWide(bytes) => (bytes, data.first_chunk().map(|count| usize::from(u16::from_be_bytes(*count)))),
    };
    reader.need(fixed, what)?;
    reader.need(fixed + counted.unwrap_or(0), what)?;
    odd_count(function, request, counted.unwrap_or(0))
}

/// Registers have two bytes each.
fn odd_count(function: u8, request: bool, bytes: usize) -> Result<(), Violation> {
    let what = match (function, request) {
        (3, false) => "read holding register response",
        (4, false) => "read input register response",
        (16, true) => "write multiple registers request",
        _ => return Ok(()),
    };
    if bytes.is_multiple_of(2) {
        Ok(())
    } else {
        Err(Violation { reason: format!("invalid value for modbus {what} byte count {bytes}").into() })
    }
}

fn known_function(number: u8) -> Option<&'static str> {
    Some(match number {
        0x01 => "READ_COILS",
        0x02 => "READ_DISCRETE_INPUTS",
        0x03 => "READ_HOLDING_REGISTERS",
        0x04 => "READ_INPUT_REGISTERS",
        0x05 => "WRITE_SINGLE_COIL",
        0x06 => "WRITE_SINGLE_REGISTER",
        0x07 => "READ_EXCEPTION_STATUS",
        0x08 => "DIAGNOSTICS",
        0x09 => "PROGRAM_484",
        0x0a => "POLL_484",
        0x0b => "GET_COMM_EVENT_COUNTER",
        0x0c => "GET_COMM_EVENT_LOG",
        0x0d => "PROGRAM_584_984",
        0x0e => "POLL_584_984",
        0x0f => "WRITE_MULTIPLE_COILS",
        0x10 => "WRITE_MULTIPLE_REGISTERS",
        0x11 => "REPORT_SLAVE_ID",
        0x12 => "PROGRAM_884_U84",
        0x13 => "RESET_COMM_LINK_884_U84",
        0x14 => "READ_FILE_RECORD",
        0x15 => "WRITE_FILE_RECORD",
        0x16 => "MASK_WRITE_REGISTER",
        0x17 => "READ_WRITE_MULTIPLE_REGISTERS",
        0x18 => "READ_FIFO_QUEUE",
        0x28 => "PROGRAM_CONCEPT",
        0x29 => "MULTIPLE_FUNCTION_CODES",
        0x2b => "ENCAP_INTERFACE_TRANSPORT",
        0x5a => "PROGRAM_UNITY",
        0x5b => "OBJECT_MESSAGING",
        0x7d => "FIRMWARE_REPLACEMENT",
        0x7e => "PROGRAM_584_984_2",
        0x7f => "REPORT_LOCAL_ADDRESS",
        _ => return None,
    })
}

/// The name of a function.
pub fn function_name(number: u8) -> Value {
    match (known_function(number), known_function(number & !EXCEPTION_BIT)) {
        (Some(name), _) => Value::from(name),
        (None, Some(name)) => Value::from(format!("{name}_EXCEPTION")),
        (None, None) => Value::from(format!("unknown-{number}")),
    }
}

/// The name of an exception.
pub fn exception_name(number: u8) -> Value {
    Value::from(match number {
        0x01 => "ILLEGAL_FUNCTION",
        0x02 => "ILLEGAL_DATA_ADDRESS",
        0x03 => "ILLEGAL_DATA_VALUE",
        0x04 => "SLAVE_DEVICE_FAILURE",
        0x05 => "ACKNOWLEDGE",
        0x06 => "SLAVE_DEVICE_BUSY",
        0x08 => "MEMORY_PARITY_ERROR",
        0x0a => "GATEWAY_PATH_UNAVAILABLE",
        0x0b => "GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND",
        _ => return Value::from(format!("unknown-{number}")),
    })
}
