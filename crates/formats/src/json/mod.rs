//! JSON lines of any program: Caddy, Traefik, Envoy, GitLab, authentik, CloudTrail, Kubernetes' audit, osquery …
//!
//! What is said under the names that such programs use becomes a request, a logon, a flow, or else a row of `device`. Asked last, behind
//! the formats that know their own objects. Left out: what lists of objects say beyond their first.

use crate::Stamps;
use crate::fields::{self, Fields};
use crate::rows::Http;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct JsonLines;

impl LogFormat for JsonLines {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "JSON lines of any program: requests, logons and flows by the names that programs use"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if object(record).is_some() { Verdict::Unsure } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Objects { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

/// The object of a record: all of it, or what stands behind a program's name.
fn object<'a>(record: &Record<'a>) -> Option<&'a [u8]> {
    let whole = |text: &'a [u8]| (text.starts_with(b"{") && text.ends_with(b"}") && text.contains(&b'"')).then_some(text);
    whole(record.line.trim_ascii()).or_else(|| whole(record.text.trim_ascii()))
}

struct Objects {
    http: Option<Http>,
    stamps: Stamps,
}

impl Decoder for Objects {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let text = object(record).ok_or(DecodeError::new("no JSON object", 0))?;
        let fields = Fields::of_json(text).ok_or(DecodeError::new("an object that is not JSON", 0))?;
        let at = fields::at(&fields, &mut self.stamps).filter(|at| fields::is_time(*at)).or(record.at).unwrap_or(record.latest);
        out(fields::row(&fields, at, record, self.http.as_ref(), "json"));
        Ok(())
    }
}
