//! What is seen of what hosts log of themselves: processes, the registry, files, services.

use super::super::Row;
use model::{Addr, Timestamp};
use std::ops::Deref;

/// A row of a log that a host wrote of itself: what all such views share.
#[derive(Clone, Copy, Debug)]
pub struct HostRow<'a>(pub(in crate::seen) Row<'a>);

impl<'a> HostRow<'a> {
    /// The host's address, or one made of its name.
    #[inline]
    pub fn address(&self) -> Option<Addr> {
        self.0.addr(0)
    }

    /// The host's name.
    #[inline]
    pub fn computer(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// Who wrote the event.
    #[inline]
    pub fn provider(&self) -> &'a [u8] {
        self.0.bytes(2)
    }

    /// The event's number, by who wrote it.
    #[inline]
    pub fn event_id(&self) -> Option<u64> {
        self.0.count(3)
    }

    /// Who did it.
    #[inline]
    pub fn user(&self) -> &'a [u8] {
        self.0.bytes(4)
    }

    /// When it happened.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }
}

impl<'a> Deref for HostRow<'a> {
    type Target = Row<'a>;
    #[inline]
    fn deref(&self) -> &Row<'a> {
        &self.0
    }
}

pub(in crate::seen) const PROCESS: &[&str] =
    &["address", "computer", "provider", "event_id", "user", "action", "image", "command_line", "parent_image", "target"];

/// What a program did.
#[derive(Clone, Copy, Debug)]
pub struct Process<'a>(pub(in crate::seen) HostRow<'a>);

impl<'a> Deref for Process<'a> {
    type Target = HostRow<'a>;
    #[inline]
    fn deref(&self) -> &HostRow<'a> {
        &self.0
    }
}

impl<'a> Process<'a> {
    /// What: `created`, `loaded`, `accessed` …
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The program.
    #[inline]
    pub fn image(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// Its command line.
    #[inline]
    pub fn command_line(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The program that started it.
    #[inline]
    pub fn parent_image(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The other program, or what was loaded.
    #[inline]
    pub fn target(&self) -> &'a [u8] {
        self.0.bytes(9)
    }
}

pub(in crate::seen) const REGISTRY: &[&str] = &["address", "computer", "provider", "event_id", "user", "action", "key", "value", "image"];

/// A change of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Registry<'a>(pub(in crate::seen) HostRow<'a>);

impl<'a> Deref for Registry<'a> {
    type Target = HostRow<'a>;
    #[inline]
    fn deref(&self) -> &HostRow<'a> {
        &self.0
    }
}

impl<'a> Registry<'a> {
    /// What: `set`, `created`, `deleted` or `renamed`.
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The key, with the value's name.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// What it was set to.
    #[inline]
    pub fn value(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The program that did it.
    #[inline]
    pub fn image(&self) -> &'a [u8] {
        self.0.bytes(8)
    }
}

pub(in crate::seen) const FILE_EVENT: &[&str] = &["address", "computer", "provider", "event_id", "user", "action", "path", "image"];

/// Something done to a file.
#[derive(Clone, Copy, Debug)]
pub struct FileEvent<'a>(pub(in crate::seen) HostRow<'a>);

impl<'a> Deref for FileEvent<'a> {
    type Target = HostRow<'a>;
    #[inline]
    fn deref(&self) -> &HostRow<'a> {
        &self.0
    }
}

impl<'a> FileEvent<'a> {
    /// What: `created`, `deleted` …
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The file.
    #[inline]
    pub fn path(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The program that did it.
    #[inline]
    pub fn image(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}

pub(in crate::seen) const SERVICE: &[&str] =
    &["address", "computer", "provider", "event_id", "user", "what", "action", "name", "path", "account"];

/// A service or a scheduled task.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a>(pub(in crate::seen) HostRow<'a>);

impl<'a> Deref for Service<'a> {
    type Target = HostRow<'a>;
    #[inline]
    fn deref(&self) -> &HostRow<'a> {
        &self.0
    }
}

impl<'a> Service<'a> {
    /// Which of them: `service` or `task`.
    #[inline]
    pub fn what(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// What was done: `installed`, `changed` …
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// Its name.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// What it runs.
    #[inline]
    pub fn path(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// As whom it runs.
    #[inline]
    pub fn account(&self) -> &'a [u8] {
        self.0.bytes(9)
    }
}

pub(in crate::seen) const WIN_EVENT: &[&str] = &["address", "computer", "provider", "event_id", "user", "channel"];

/// Any other event of Windows.
#[derive(Clone, Copy, Debug)]
pub struct WinEvent<'a>(pub(in crate::seen) HostRow<'a>);

impl<'a> Deref for WinEvent<'a> {
    type Target = HostRow<'a>;
    #[inline]
    fn deref(&self) -> &HostRow<'a> {
        &self.0
    }
}

impl<'a> WinEvent<'a> {
    /// The log of Windows that it stood in.
    #[inline]
    pub fn channel(&self) -> &'a [u8] {
        self.0.bytes(5)
    }
}
