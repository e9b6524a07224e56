//! Web servers: Apache's and nginx's access logs (common, combined, with the virtual host before them), their error logs,
//! `mod_log_forensic`, and the rewrite log of S0.
//!
//! Requests are rows of `http`; errors are rows of `device`. The forensic log says no time: its rows carry the latest that they can
//! be, which is when the file was last written. Of the rewrite log, only the line that names the request tells anything that
//! the others do not. Sources: Apache's and nginx's documentation, S0's lines. Left out: custom formats.

pub(crate) mod access;
mod error;
mod forensic;

use crate::Stamps;
use crate::rows::Http;
use crate::text::has;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Web;

impl LogFormat for Web {
    fn name(&self) -> &'static str {
        "web"
    }

    fn about(&self) -> &'static str {
        "Apache's and nginx's access, error, forensic and rewrite logs"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        let mut stamps = Stamps::default();
        let yes = access::line(record.text, &mut stamps).is_some()
            || forensic::is(record.text)
            || error::is(record)
            || access::rewrite(record.text, &mut stamps).is_some()
            || access::ssl_request(record).is_some()
            || access::timed(record).is_some()
            || access::envoy(record).is_some()
            || record.at.is_some() && has(record.own, b" [Client ") && has(record.own, b"] [Length ");
        if yes { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Lines { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

struct Lines {
    http: Option<Http>,
    stamps: Stamps,
}

impl Decoder for Lines {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(http) = &self.http else { return Err(DecodeError::new("there is no log of requests", 0)) };
        if let Some(line) = access::line(record.text, &mut self.stamps)
            .or_else(|| access::ssl_request(record))
            .or_else(|| access::timed(record))
            .or_else(|| access::envoy(record))
        {
            out(access::row(http, &line));
        } else if let Some(row) = access::managed(http, record) {
            out(row);
        } else if forensic::is(record.text) {
            forensic::tell(http, record, out);
        } else if let Some(said) = access::rewrite(record.text, &mut self.stamps) {
            access::tell_rewrite(http, &said, out);
        } else if error::is(record) {
            error::tell(record, Some(http), out);
        } else {
            return Err(DecodeError::new("no line of a web server", 0));
        }
        Ok(())
    }
}
