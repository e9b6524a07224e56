//! The application layer of DNP3 (IEEE 1815 clauses 4 and 5): the function, and how long its objects are.
//!
//! ```text
//! request  | control (1) | function (1) | objects … |
//! response | control (1) | function (1) | internal indications (2) | objects … |
//! objects  | group (1) | variation (1) | qualifier (1) | range or count | prefix, object, prefix, object … |
//! ```

use crate::bounds::{Reader, out_of_bound};
use contract::{Side, Violation};
use model::Value;

/// A fragment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The function.
    pub function: u8,
    /// A response's internal indications.
    pub indications: Option<u16>,
}

/// The header of a fragment, and what follows it.
///
/// # Errors
/// Where it is too short.
pub fn header(side: Side, fragment: &[u8]) -> Result<(Header, &[u8]), Violation> {
    let mut reader = Reader::new(fragment);
    if side.is_orig() {
        reader.need(2, "DNP3_Application_Request_Header")?;
    } else {
        reader.need(4, "DNP3_Application_Response_Header")?;
    }
    reader.u8("")?;
    let function = reader.u8("")?;
    let indications = if side.is_orig() { None } else { Some(reader.u16("")?) };
    Ok((Header { function, indications }, reader.rest()))
}

/// Checks that the objects of a fragment are as long as they say.
///
/// # Errors
/// Where they are not.
pub fn objects(side: Side, function: u8, bytes: &[u8]) -> Result<(), Violation> {
    let has_objects = if side.is_orig() {
        matches!(function, 0x01..=0x0c | 0x10..=0x12 | 0x14..=0x16 | 0x19..=0x21)
    } else {
        matches!(function, 0x81..=0x83)
    };
    let mut reader = Reader::new(bytes);
    while has_objects && reader.left() > 0 {
        one_header(side, &mut reader)?;
    }
    Ok(())
}

fn one_header(side: Side, reader: &mut Reader<'_>) -> Result<(), Violation> {
    reader.need(3, "Object_Header")?;
    let object = reader.u16("")?;
    let qualifier = reader.u8("")?;
    let count = range(qualifier & 0x0f, reader)?;
    if side.is_orig() && !in_requests(object) {
        return Ok(());
    }
    let packed = matches!(object, 0x0101 | 0x0301 | 0x0a01 | 0x0c03);
    let count = if packed { count.div_ceil(8) } else { count };
    if count > reader.left() as u64 {
        let what = if side.is_orig() { "Request_Objects:objects" } else { "Response_Objects:objects" };
        return Err(out_of_bound(what, count as usize, reader.left()));
    }
    for _ in 0..count {
        one_object(side, object, qualifier, reader)?;
    }
    Ok(())
}

/// The range field by the qualifier's code; returns how many objects it announces.
fn range(code: u8, reader: &mut Reader<'_>) -> Result<u64, Violation> {
    let what = match code {
        0 => "Range_Field_0",
        1 => "Range_Field_1",
        2 => "Range_Field_2",
        3 => "Range_Field_3",
        4 => "Range_Field_4",
        5 => "Range_Field_5",
        _ => "Object_Header:range_field",
    };
    let between = |start: u64, stop: u64| (stop + 1).saturating_sub(start);
    Ok(match code {
        0 => {
            reader.need(2, what)?;
            between(reader.u8(what)?.into(), reader.u8(what)?.into())
        }
        1 => {
            reader.need(4, what)?;
            between(reader.u16_le(what)?.into(), reader.u16_le(what)?.into())
        }
        2 => {
            reader.need(8, what)?;
            between(reader.u32_le(what)?.into(), reader.u32_le(what)?.into())
        }
        3 => reader.take(2, what).map(|_| 0)?,
        4 => reader.take(4, what).map(|_| 0)?,
        5 => reader.take(8, what).map(|_| 0)?,
        6 => 0,
        7 | 0x0b => reader.u8(what)?.into(),
        8 => reader.u16_le(what)?.into(),
        9 => reader.u32_le(what)?.into(),
        _ => {
            let rest = reader.left();
            reader.take(rest, what).map(|_| 0)?
        }
    })
}

/// Objects whose data stands in requests: commands, times, files, authentication.
const fn in_requests(object: u16) -> bool {
    matches!(object, 0x0c01..=0x0c03 | 0x3201..=0x3203 | 0x3301 | 0x3302 | 0x3401 | 0x3402 | 0x4601..=0x4607 | 0x5001 | 0x7801..=0x780f)
}

/// How long an object is.
enum Size {
    Bytes(usize),
    /// A flag or value of so many bytes, then a time of six.
    Timed(usize),
    /// So many bytes, the last two of which (or the one at the end) count what follows.
    CountedAt {
        count_at: usize,
        count_bytes: usize,
        head: usize,
    },
    /// As long as the prefix says.
    Prefixed,
    Rest,
}

fn one_object(side: Side, object: u16, qualifier: u8, reader: &mut Reader<'_>) -> Result<(), Violation> {
    let prefix = match qualifier & 0xf0 {
        0x10 => reader.u8("Prefix_Type:prefix8")?.into(),
        0x20 => reader.u16_le("Prefix_Type:prefix16")?.into(),
        0x30 => reader.u32_le("Prefix_Type:prefix32")?,
        0x40 => reader.u8("Prefix_Type:object_size8")?.into(),
        0x50 => reader.u16_le("Prefix_Type:object_size16")?.into(),
        0x60 => reader.u32_le("Prefix_Type:object_size32")?,
        _ => 0,
    };
    match size(side, object) {
        Size::Bytes(bytes) => reader.take(bytes, "Response_Data_Object").map(drop),
        Size::Timed(head) => reader.take(head + 6, timed_name(object)).map(drop),
        Size::CountedAt { count_at, count_bytes, head } => {
            reader.need(head, "Response_Data_Object")?;
            let count =
                reader.rest()[count_at..].iter().take(count_bytes).rev().fold(0usize, |count, byte| count << 8 | usize::from(*byte));
            reader.take(head + count, "Response_Data_Object").map(drop)
        }
        Size::Prefixed => reader.take(usize::try_from(prefix).unwrap_or(usize::MAX), "Response_Data_Object").map(drop),
        Size::Rest => reader.take(reader.left(), "").map(drop),
    }
}

const fn timed_name(object: u16) -> &'static str {
    match object {
        0x0202 => "BinInEveAtime:time48",
        0x0401 => "DoubleInEveAtime:time48",
        0x0b02 => "BinOutEveAtime:time48",
        0x0d02 => "BinOutCmdEveAtime:time48",
        0x1505 => "FrozenCounter32wFlagTime:time48",
        0x1506 => "FrozenCounter16wFlagTime:time48",
        0x1605 | 0x1705 => "CounterEve32wFlagTime:time48",
        0x1606 | 0x1706 => "CounterEve16wFlagTime:time48",
        0x2003 => "AnalogInput32wTime:time48",
        0x2004 => "AnalogInput16wTime:time48",
        0x2007 => "AnalogInputSPwTime:time48",
        0x2008 => "AnalogInputDPwTime:time48",
        0x2a03 | 0x2b03 => "AnaOutEve32wTime:time48",
        0x2a04 | 0x2b04 => "AnaOutEve16wTime:time48",
        0x3201 | 0x3301 | 0x3302 => "AbsTime:time48",
        _ => "Response_Data_Object:time48",
    }
}

/// The sizes of objects, by group and variation.
const fn size(side: Side, object: u16) -> Size {
    use Size::{Bytes, CountedAt, Prefixed, Rest, Timed};
    match object {
        0x00d3..=0x00ff => CountedAt { count_at: 1, count_bytes: 1, head: 2 },
        0x0101 | 0x0102 | 0x0201 | 0x0302 | 0x0a01 | 0x0a02 | 0x0b01 | 0x0c03 | 0x0d01 => Bytes(1),
        0x0202 | 0x0401 | 0x0b02 | 0x0d02 => Timed(1),
        0x0203 | 0x0402 => Bytes(3),
        0x0c01 | 0x0c02 => Bytes(11),
        0x1401 | 0x1501 | 0x1601 | 0x1701 => Bytes(5),
        0x1402 | 0x1502 | 0x1602 | 0x1702 => Bytes(3),
        0x1405 | 0x1509 => Bytes(4),
        0x1406 | 0x150a => Bytes(2),
        0x1505 | 0x1605 | 0x1705 => Timed(5),
        0x1506 | 0x1606 | 0x1706 => Timed(3),
        0x1e01 | 0x1e05 | 0x1f01 | 0x1f07 => Bytes(5),
        0x1e02 | 0x1f02 => Bytes(3),
        0x1e03 | 0x1f05 => Bytes(4),
        0x1e04 | 0x1f06 => Bytes(2),
        0x1e06 | 0x1f08 => Bytes(9),
        0x1f03 => Timed(5),
        0x1f04 => Timed(3),
        0x2001 | 0x2005 | 0x2101 | 0x2105 | 0x2a01 | 0x2a05 | 0x2b01 | 0x2b05 => Bytes(5),
        0x2002 | 0x2102 | 0x2a02 | 0x2b02 => Bytes(3),
        0x2003 | 0x2007 | 0x2103 | 0x2104 | 0x2107 | 0x2a03 | 0x2a07 | 0x2b03 | 0x2b07 => Timed(5),
        0x2004 | 0x2a04 | 0x2b04 => Timed(3),
        0x2006 | 0x2106 | 0x2a06 | 0x2b06 => Bytes(9),
        0x2008 | 0x2108 | 0x2a08 | 0x2b08 => Timed(9),
        0x2201 | 0x3401 | 0x3402 | 0x6501 | 0x7804 => Bytes(2),
        0x2202 | 0x2203 | 0x6502 => Bytes(4),
        0x2801 | 0x2803 | 0x2901 | 0x2903 => Bytes(5),
        0x2802 | 0x2902 => Bytes(3),
        0x2804 | 0x2904 => Bytes(9),
        0x3201 | 0x3203 | 0x3301 | 0x3302 => Timed(0),
        0x3202 => Bytes(10),
        0x4603 => CountedAt { count_at: 2, count_bytes: 2, head: 26 },
        0x4607 => CountedAt { count_at: 2, count_bytes: 2, head: 20 },
        0x4604..=0x4606 | 0x7801 | 0x7802 | 0x7803 | 0x7805..=0x7807 => Prefixed,
        0x5001 if !side.is_orig() => Bytes(2),
        0x5101 => Bytes(3),
        0x5301 => CountedAt { count_at: 6, count_bytes: 2, head: 8 },
        0x5501 | 0x5601 => Bytes(5),
        0x5602 | 0x6601 => Bytes(1),
        0x6503 => Bytes(8),
        0x6e00..=0x71ff => Bytes((object & 0xff) as usize),
        _ => Rest,
    }
}

/// The name of a function.
pub fn function_name(number: u8) -> Value {
    const REQUESTS: [&str; 34] = [
        "CONFIRM",
        "READ",
        "WRITE",
        "SELECT",
        "OPERATE",
        "DIRECT_OPERATE",
        "DIRECT_OPERATE_NR",
        "IMMED_FREEZE",
        "IMMED_FREEZE_NR",
        "FREEZE_CLEAR",
        "FREEZE_CLEAR_NR",
        "FREEZE_AT_TIME",
        "FREEZE_AT_TIME_NR",
        "COLD_RESTART",
        "WARM_RESTART",
        "INITIALIZE_DATA",
        "INITIALIZE_APPL",
        "START_APPL",
        "STOP_APPL",
        "SAVE_CONFIG",
        "ENABLE_UNSOLICITED",
        "DISABLE_UNSOLICITED",
        "ASSIGN_CLASS",
        "DELAY_MEASURE",
        "RECORD_CURRENT_TIME",
        "OPEN_FILE",
        "CLOSE_FILE",
        "DELETE_FILE",
        "GET_FILE_INFO",
        "AUTHENTICATE_FILE",
        "ABORT_FILE",
        "ACTIVATE_CONFIG",
        "AUTHENTICATE_REQ",
        "AUTHENTICATE_ERR",
    ];
    const RESPONSES: [&str; 3] = ["RESPONSE", "UNSOLICITED_RESPONSE", "AUTHENTICATE_RESP"];
    let name = match number {
        0x81.. => RESPONSES.get(usize::from(number - 0x81)),
        _ => REQUESTS.get(usize::from(number)),
    };
    name.map_or_else(|| Value::from(format!("unknown-{number}")), |name| Value::from(*name))
}
