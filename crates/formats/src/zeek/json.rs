//! The form of JSON lines: one object per row, unset cells left out.

use super::Account;
use super::cell::{is_id, scalar, unescaped};
use model::{Event, Kind, Scalar, Type, Value};
use serde_json::Value as Json;

/// The event of a row.
pub(super) fn row(line: &[u8], kind: &'static Kind, number: u64, account: &mut Account) -> Option<Event> {
    let Ok(Json::Object(cells)) = serde_json::from_slice::<Json>(line) else {
        account.malformed(number, "the line is no JSON object");
        return None;
    };
    let mut event = Event::new(kind, model::Timestamp::default());
    for (name, cell) in &cells {
        let Some(column) = kind.find(name) else {
            account.unknown(name);
            continue;
        };
        let Some(field) = kind.columns().nth(column.index()) else { continue };
        match value(cell, field.ty, is_id(name)) {
            Some(value) => event.set(column, value),
            None => account.bad_cell(number, name),
        }
    }
    Some(event)
}

fn value(cell: &Json, ty: Type, is_id: bool) -> Option<Value> {
    match (cell, ty) {
        (Json::Null, _) => Some(Value::Unset),
        (Json::Array(items), Type::Set(item) | Type::Vector(item)) => {
            let items: Option<Vec<Value>> =
                items.iter().map(|cell| if cell.is_null() { Some(Value::Unset) } else { one(cell, item, is_id) }).collect();
            items.map(|items| Value::List(items.into()))
        }
        (_, Type::One(ty)) => one(cell, ty, is_id),
        _ => None,
    }
}

fn one(cell: &Json, ty: Scalar, is_id: bool) -> Option<Value> {
    match cell {
        Json::String(text) if text.contains("\\x") => {
            // Only bytes that are no UTF-8 are written so.
            scalar(&unescaped(text.as_bytes(), |byte| byte >= 0x80), ty, is_id)
        }
        Json::String(text) => scalar(text.as_bytes(), ty, is_id),
        Json::Bool(flag) => (ty == Scalar::Bool).then_some(Value::Bool(*flag)),
        Json::Number(number) => {
            // Shortest digits that read back the same: a microsecond is not lost to binary fractions.
            let text = number.to_string();
            if matches!(ty, Scalar::String | Scalar::Enum | Scalar::Addr | Scalar::Bool) {
                None
            } else {
                scalar(text.as_bytes(), ty, is_id)
            }
        }
        _ => None,
    }
}
