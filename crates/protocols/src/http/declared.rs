//! What headers declare of a body: its length, its range within a whole, how it comes and how it is packed. Contradictions are told
//! with Zeek's names, and decided as Zeek decides them.

use super::codec;
use super::entity::{Chunked, Entity};
use super::inflate::Packing;
use super::message::Around;
use super::token;
use crate::mime::Header;

/// Takes what a header says of the body.
pub(super) fn learn(entity: &mut Entity, header: &Header<'_>, around: &mut Around<'_>) {
    if header.lines > 1 && entity.part.depth == 0 {
        around.weird("HTTP_obsolete_line_folding", header.name);
    }
    match header.name.len() {
        14 if header.is(b"content-length") => learn_length(entity, header.value, around),
        13 if header.is(b"content-range") && around.connection.status == 206 => learn_range(entity, header.value, around),
        17 if header.is(b"transfer-encoding") => learn_transfer(entity, header.value, around),
        16 if header.is(b"content-encoding") => {
            let encoding = token::token(header.value).map_or(&b""[..], |(encoding, _)| encoding);
            // What brotli holds is granted to the message itself, not to each of the entities within it.
            let packing = Packing::named(encoding).filter(|packing| *packing != Packing::Brotli || entity.part.depth == 0);
            entity.packed = entity.packed.or(packing);
        }
        6 if header.is(b"expect") => {
            let expectation = token::token(header.value).map_or(&b""[..], |(expectation, _)| expectation);
            if !expectation.eq_ignore_ascii_case(b"100-continue") {
                around.weird("HTTP_expect_not_100_continue", expectation);
            }
            entity.expect_continue = true;
            if entity.content_length == Some(0) {
                around.weird("HTTP_content_length_0_and_expect_100_cont", b"");
            }
        }
        _ => {}
    }
}

fn learn_length(entity: &mut Entity, value: &[u8], around: &mut Around<'_>) {
    if entity.chunked != Chunked::No {
        around.weird("HTTP_content_length_and_chunked", b"");
    }
    let Some((digits, _)) = token::token(value) else {
        return;
    };
    let Some(length) = codec::number(digits, 10).and_then(|length| u64::try_from(length).ok()) else {
        around.weird("HTTP_bad_content_length", digits);
        entity.content_length = Some(0);
        return;
    };
    if length > 0 && digits.first() == Some(&b'0') {
        around.weird("HTTP_content_length_leading_zeros", digits);
    }
    entity.content_length = Some(length);
    if let Some(range) = entity.range.filter(|range| range.bytes != length) {
        around.weird("HTTP_range_not_matching_len", b"");
        entity.content_length = Some(length.max(range.bytes));
    }
    if entity.content_length == Some(0) && entity.expect_continue {
        around.weird("HTTP_content_length_0_and_expect_100_cont", b"");
    }
}

fn learn_range(entity: &mut Entity, value: &[u8], around: &mut Around<'_>) {
    if entity.chunked != Chunked::No {
        around.weird("HTTP_content_range_and_chunked", b"");
    }
    let (unit, rest) = token::token(value).unwrap_or_default();
    let range = match codec::content_range(unit, rest) {
        Err((weird, addl)) => return around.weird(weird, &addl),
        Ok((range, true)) => range,
        Ok((range, false)) => {
            around.weird("HTTP_content_range_invalid_instance", rest);
            range
        }
    };
    entity.range = Some(range);
    entity.offset = range.first;
    let declared = entity.content_length.filter(|&length| length > 0);
    if declared.is_some_and(|length| length != range.bytes) {
        around.weird("HTTP_range_not_matching_len", b"");
    }
    entity.content_length = Some(declared.map_or(range.bytes, |length| length.max(range.bytes)));
}

fn learn_transfer(entity: &mut Entity, value: &[u8], around: &mut Around<'_>) {
    if entity.part.depth > 0 {
        return around.weird("HTTP_nested_transfer_encoding_header", b"");
    }
    let Some((coding, rest)) = token::token(value) else {
        return;
    };
    if coding.eq_ignore_ascii_case(b"chunked") && around.connection.ongoing_version() == codec::Version::V1_1 {
        entity.chunked = Chunked::Declared;
        if !rest.is_empty() {
            around.weird("HTTP_chunked_multi", rest);
        }
        if entity.content_length.is_some() {
            around.weird("HTTP_content_length_and_chunked", b"");
        }
    }
}
