//! `name=value` lines of any maker: Sophos, Meraki, NetScreen, Stormshield, Forcepoint, Barracuda, Zscaler, Grafana, auditd …
//!
//! Asked last, behind the formats that know their own pairs. A line is of this kind where at least three pairs stand in it, one of them
//! an address, an action or a time. Left out: what names outside the lists of [`crate::fields`] say.

use crate::Stamps;
use crate::fields::{self, Fields};
use crate::rows::Http;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct KeyValue;

/// Fewer pairs than so many are chance.
const PAIRS_MIN: usize = 3;

impl LogFormat for KeyValue {
    fn name(&self) -> &'static str {
        "keyvalue"
    }

    fn about(&self) -> &'static str {
        "name=value lines of any maker: flows, requests and logons by the names that makers use"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if memchr::memchr_iter(b'=', record.line).take(PAIRS_MIN).count() == PAIRS_MIN { Verdict::Unsure } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Pairs { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

struct Pairs {
    http: Option<Http>,
    stamps: Stamps,
}

impl Decoder for Pairs {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let fields = Fields::of_pairs(record.own);
        if fields.len() < PAIRS_MIN {
            return Err(DecodeError::new("fewer pairs than make a line of them", 0));
        }
        let own = fields::at(&fields, &mut self.stamps).filter(|at| fields::is_time(*at));
        let Some(at) = record.at.or(own) else { return Err(DecodeError::new("pairs without a time", 0)) };
        // A sentence with some pairs in it is a sentence.
        if fields.get("SecurityEvent msg message action src srcip src_ip source-address type level status").is_none() {
            return Err(DecodeError::new("no pairs that say what happened", 0));
        }
        out(fields::row(&fields, at, record, self.http.as_ref(), "keyvalue"));
        Ok(())
    }
}
