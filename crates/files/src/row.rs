//! The row of `files.log` that a file leaves.

use crate::body::{Body, Digesting};
use crate::hashes::hex;
use crate::log;
use crate::origin::{Carrier, Origin};
use contract::FileId;
use model::{Event, Value};

/// Everything but the connection.
pub(crate) fn row(id: FileId, origin: &Origin, body: Body, timed_out: bool) -> Event {
    let mut row = Event::new(&log::KIND, body.started);
    row.set(log::FUID, id);
    row.set(log::SOURCE, origin.source);
    row.set(log::DEPTH, origin.depth);
    row.set(log::ANALYZERS, analyzers(body.mime));
    row.set(log::MIME_TYPE, body.mime);
    row.set(log::FILENAME, origin.name.clone());
    row.set(log::DURATION, body.active.since(body.started));
    row.set(log::LOCAL_ORIG, origin.local_orig);
    row.set(log::IS_ORIG, origin.is_orig);
    row.set(log::SEEN_BYTES, body.seen);
    row.set(log::TOTAL_BYTES, body.total);
    row.set(log::MISSING_BYTES, body.missing);
    row.set(log::OVERFLOW_BYTES, body.overflow);
    row.set(log::TIMEDOUT, timed_out);
    row.set(log::PARENT_FUID, origin.parent);
    row.set(log::TRUNCATED, !body.is_whole());
    row.set(log::ENTROPY, (body.seen > 0).then(|| body.histogram.bits()));
    row.set(log::WRAPPED, body.wrapped());
    if let Some(kept) = body.keeper.map(|keeper| keeper.finish()) {
        row.set(log::EXTRACTED_CUTOFF, kept.is_cut);
        row.set(log::EXTRACTED_SIZE, kept.is_cut.then_some(kept.bytes));
        row.set(log::EXTRACTED, kept.name);
    }
    match body.digests {
        Digesting::Whole(hashes) if body.seen > 0 => {
            let digests = hashes.finish();
            row.set(log::MD5, hex(&digests.md5));
            row.set(log::SHA1, hex(&digests.sha1));
            row.set(log::SHA256, hex(&digests.sha256));
        }
        Digesting::Cut(digests) => row.set(log::TRUNCATED_SHA256, hex(&digests.sha256)),
        _ => {}
    }
    row
}

fn analyzers(mime: Option<&'static str>) -> Value {
    let more = match mime {
        Some("application/x-dosexec") => Some("PE"),
        Some("application/ocsp-response") => Some("OCSP_REPLY"),
        _ => None,
    };
    Value::list(["MD5", "SHA1", "SHA256"].into_iter().chain(more))
}

/// The row for one of the connections that carried the file.
pub(crate) fn of_carrier(mut row: Event, carrier: &Carrier) -> Event {
    row.set(log::UID, carrier.uid);
    row.set(log::ORIG_H, carrier.orig.0);
    row.set(log::ORIG_P, Value::Port(carrier.orig.1));
    row.set(log::RESP_H, carrier.resp.0);
    row.set(log::RESP_P, Value::Port(carrier.resp.1));
    row
}
