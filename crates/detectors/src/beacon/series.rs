//! The calls of one host to one place: the last few dozen, and what HTTP told of them.

use contract::seen::Http;
use model::{Addr, Timestamp, Uid};

/// Calls that one series keeps: enough for quartiles, and what is older says less.
pub(super) const SAMPLES_MAX: usize = 32;
/// Ids that one series keeps as proof: of the first calls.
const PROOFS_MAX: usize = 4;
/// Paths that are told apart, by hash: more than this is a site, not a gate.
pub(super) const PATHS_MAX: usize = 8;

/// Bytes of a user agent that are kept: its beginning tells a browser from a program.
const AGENT_BYTES_MAX: usize = 64;

/// A call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    /// Bytes sent.
    pub(super) bytes: u32,
}

/// The calls of one host to one place.
#[derive(Debug)]
pub(super) struct Series {
    server: Addr,
    port: u16,
    name: Box<[u8]>,
    first: Timestamp,
    last: Timestamp,
    count: u64,
    samples: Vec<Sample>,
    /// Where the next sample goes once there are as many as are kept.
    next: u8,
    proofs: [Option<Uid>; PROOFS_MAX],
    /// What HTTP told.
    pub(super) web: Web,
}

/// What HTTP told of a series.
#[derive(Debug, Default)]
pub(super) struct Web {
    pub(super) requests: u32,
    pub(super) posts: u32,
    pub(super) referred: u32,
    pub(super) failed: u32,
    pub(super) scripts: u32,
    paths: Vec<u32>,
    method: Box<[u8]>,
    agent: Box<[u8]>,
}

impl Series {
    pub(super) const SAMPLE_BYTES: usize = size_of::<Sample>() + PATHS_MAX;

    pub(super) fn new(server: Addr, port: u16, name: &[u8], name_bytes_max: usize) -> Self {
        Self {
            server,
            port,
            name: name.get(..name_bytes_max).unwrap_or(name).into(),
            first: Timestamp::MIN,
            last: Timestamp::MIN,
            count: 0,
            samples: Vec::new(),
            next: 0,
            proofs: [None; PROOFS_MAX],
            web: Web::default(),
        }
    }

    /// One more call. How many bytes the series grew.
    pub(super) fn add(&mut self, at: Timestamp, bytes: u32, uid: Option<Uid>) -> usize {
        let sample = Sample { at, bytes };
        if self.count == 0 {
            self.first = at;
        }
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.count += 1;
        if let Some(free) = self.proofs.iter_mut().find(|proof| proof.is_none() || **proof == uid) {
            *free = uid;
        }
        if self.samples.len() < SAMPLES_MAX {
            if self.samples.len() == self.samples.capacity() {
                self.samples.reserve_exact((self.samples.len()).clamp(2, SAMPLES_MAX / 2));
            }
            self.samples.push(sample);
            return if self.count == 1 { self.name.len() + Self::SAMPLE_BYTES } else { Self::SAMPLE_BYTES };
        }
        if let Some(place) = self.samples.get_mut(usize::from(self.next)) {
            *place = sample;
        }
        self.next = (self.next + 1) % SAMPLES_MAX as u8;
        0
    }

    /// Whether it is worth looking again: often while there is little, then seldom.
    pub(super) const fn is_due(&self) -> bool {
        match self.count {
            0..4 => false,
            4..=16 => true,
            17..=64 => self.count.is_multiple_of(8),
            _ => self.count.is_multiple_of(64),
        }
    }

    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    pub(super) fn server(&self) -> Addr {
        self.server
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn first(&self) -> Timestamp {
        self.first
    }

    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn proofs(&self) -> impl Iterator<Item = Uid> {
        self.proofs.iter().flatten().copied()
    }
}

impl Web {
    /// What one request tells.
    pub(super) fn see(&mut self, http: &Http<'_>, path: &[u8]) {
        const SCRIPTS: [&[u8]; 5] = [b".php", b".asp", b".aspx", b".jsp", b".cgi"];
        self.requests += 1;
        self.posts += u32::from(matches!(http.method(), b"POST" | b"PUT"));
        self.referred += u32::from(!http.referrer().is_empty());
        self.failed += u32::from(http.status_code().is_some_and(|code| code >= 400));
        self.scripts += u32::from(SCRIPTS.iter().any(|ending| path.ends_with(ending)));
        let path = crate::hash(path) as u32;
        if self.paths.len() < PATHS_MAX && !self.paths.contains(&path) {
            self.paths.push(path);
        }
        if self.requests == 1 {
            self.method = http.method().get(..8).unwrap_or(http.method()).into();
            self.agent = http.user_agent().get(..AGENT_BYTES_MAX).unwrap_or(http.user_agent()).into();
        }
    }

    /// How many paths, up to [`PATHS_MAX`].
    pub(super) fn paths(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn agent(&self) -> &[u8] {
        &self.agent
    }

    /// How it asked.
    pub(super) fn quote(&self) -> Vec<u8> {
        [&*self.method, b" as ", &*self.agent].concat()
    }
}
