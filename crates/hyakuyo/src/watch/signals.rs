//! What others tell the program by signals: SIGHUP to take new settings over, SIGTERM and SIGINT to end. A second one to end ends it at
//! once, for who does not want to wait; the next start goes on as after any sudden end.

use anyhow::Result;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// To take new settings over.
    Reload,
    /// To end.
    End,
}

/// Signals, caught.
#[derive(Debug)]
pub(super) struct Signals {
    reload: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
}

impl Signals {
    /// Catches them from now on.
    pub(super) fn catch() -> Result<Self> {
        /// By a shell's custom: 128 and the signal's number.
        const ENDED_AT_ONCE: i32 = 143;
        let signals = Self { reload: Arc::default(), end: Arc::default() };
        flag::register(SIGHUP, Arc::clone(&signals.reload))?;
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_shutdown(signal, ENDED_AT_ONCE, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        Ok(signals)
    }

    /// What was told since the last call.
    pub(super) fn told(&self) -> Option<Told> {
        if self.end.load(Ordering::Acquire) {
            return Some(Told::End);
        }
        self.reload.swap(false, Ordering::AcqRel).then_some(Told::Reload)
    }
}
