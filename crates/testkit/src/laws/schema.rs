//! Kinds and the events that claim to be of them.

use super::Breach;
use model::{Event, Field, Kind, Scalar, Type, Value};
use std::collections::BTreeSet;

/// A kind's names are unique and well-formed, everything is documented, and units stand where they belong: always with
/// times, never with what is not a number; a number without a unit says so by an empty one.
///
/// # Errors
/// For the first column that is otherwise.
pub fn kind_is_sound(kind: &Kind) -> Result<(), Breach> {
    let fail = |why: String| Err(format!("kind {}: {why}", kind.name));
    if kind.name.is_empty() || !kind.doc.ends_with('.') {
        return fail("has no name, or its doc is not a sentence".to_owned());
    }
    if !matches!(kind.columns().next(), Some(Field { name: "ts", ty: Type::One(Scalar::Time), .. })) {
        return fail("does not begin with its time".to_owned());
    }
    let mut names = BTreeSet::new();
    for field in kind.columns() {
        if !names.insert(field.name) {
            return fail(format!("has two columns {}", field.name));
        }
        if field.name.is_empty() || !field.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
            return fail(format!("column {} is not a name", field.name));
        }
        if !field.doc.ends_with('.') {
            return fail(format!("the doc of column {} is not a sentence", field.name));
        }
        let (Type::One(scalar) | Type::Set(scalar) | Type::Vector(scalar)) = field.ty;
        match scalar {
            Scalar::Time | Scalar::Interval if field.unit.is_empty() => {
                return fail(format!("column {} is a time without a unit", field.name));
            }
            Scalar::Bool | Scalar::String | Scalar::Enum | Scalar::Addr | Scalar::Port if !field.unit.is_empty() => {
                return fail(format!("column {} has a unit, {}, but holds no quantity", field.name, field.unit));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Every cell holds what its column says.
///
/// # Errors
/// For the first that does not.
pub fn event_fits(event: &Event) -> Result<(), Breach> {
    let kind = event.kind();
    if event.cells().first().is_none_or(|ts| ts.as_time().is_none()) {
        return Err(format!("a {} event has no time", kind.name));
    }
    for (field, cell) in kind.columns().zip(event.cells()) {
        let fits = match (field.ty, cell) {
            (_, Value::Unset) => true,
            (Type::One(scalar), cell) => scalar_fits(scalar, cell),
            (Type::Set(scalar) | Type::Vector(scalar), Value::List(items)) => {
                items.iter().all(|item| item.is_unset() || scalar_fits(scalar, item))
            }
            _ => false,
        };
        if !fits {
            return Err(format!("{}.{} should be {}, not {cell:?}", kind.name, field.name, field.ty));
        }
    }
    Ok(())
}

const fn scalar_fits(scalar: Scalar, cell: &Value) -> bool {
    match scalar {
        Scalar::Bool => matches!(cell, Value::Bool(_)),
        Scalar::Count => matches!(cell, Value::Count(_)),
        Scalar::Int => matches!(cell, Value::Int(_)),
        Scalar::Double => matches!(cell, Value::Double(_)),
        // Times that do not fit into nanoseconds (beyond 2262: "never", in certificates) are seconds with a fraction.
        Scalar::Time => matches!(cell, Value::Time(_) | Value::Double(_)),
        Scalar::Interval => matches!(cell, Value::Interval(_)),
        Scalar::String => matches!(cell, Value::Bytes(_) | Value::Static(_) | Value::Uid(_)),
        Scalar::Enum => matches!(cell, Value::Static(_) | Value::Bytes(_)),
        Scalar::Addr => matches!(cell, Value::Addr(_)),
        Scalar::Port => matches!(cell, Value::Port(_)),
    }
}
