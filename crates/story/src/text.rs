//! Values as text: times, bytes of the traffic, words of a definition.

use crate::Text;
use contract::Words;
use model::{Civil, Timestamp};

/// RFC 3339 in UTC with microseconds.
pub fn stamp(at: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(at);
    let micros = at.nanos().rem_euclid(1_000_000_000) / 1_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Bytes from the traffic as text: valid UTF-8 without control characters as it is, other bytes as `\xNN`.
pub(crate) fn lossless(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for symbol in chunk.valid().chars() {
            if symbol.is_control() {
                text.extend(symbol.escape_default());
            } else {
                text.push(symbol);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A definition's words.
pub(crate) fn words(words: &Words) -> Text {
    Text { en: words.en.to_owned(), ja: words.ja.to_owned() }
}
