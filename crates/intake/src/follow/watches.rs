//! Being woken when something changes: the kernel's word where it gives it, and a look now and then in any case.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::collections::BTreeSet;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What woke the follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Woken {
    /// Files came, went or were renamed.
    pub(super) names: bool,
    /// Something was written.
    pub(super) bytes: bool,
}

/// The folders that are watched.
#[derive(Debug)]
pub(super) struct Watches {
    inotify: Option<Inotify>,
    wake: Arc<EventFd>,
    failed: bool,
}

impl Watches {
    pub(super) fn new(wake: Arc<EventFd>, poll: bool) -> Self {
        let inotify = if poll { None } else { Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok() };
        Self { failed: inotify.is_none(), inotify, wake }
    }

    /// Watches folders, and no longer what was watched before and is gone.
    pub(super) fn watch(&mut self, folders: &BTreeSet<PathBuf>) {
        let Some(inotify) = &self.inotify else { return };
        let names = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVE | AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVE_SELF;
        let what = names | AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_ONLYDIR;
        // Watching again what is watched changes nothing; a folder that is not there now may be at the next look.
        let full = |folder: &PathBuf| inotify.add_watch(folder, what) == Err(nix::errno::Errno::ENOSPC);
        self.failed = folders.iter().filter(|folder| full(folder)).count() > 0;
    }

    /// Whether every change is told. Where not, looks must be more frequent.
    pub(super) const fn whole(&self) -> bool {
        !self.failed
    }

    /// Waits for news, no longer than that.
    pub(super) fn wait(&self, timeout: Duration) -> Woken {
        let wait = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        let mut fds = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.inotify.as_ref().map(|inotify| PollFd::new(inotify.as_fd(), PollFlags::POLLIN)));
        // Interrupted or not: what is there is read below.
        let _ = poll(&mut fds, wait);
        let _ = self.wake.read();
        let mut woken = Woken::default();
        while let Some(Ok(events)) = self.inotify.as_ref().map(Inotify::read_events) {
            for event in events {
                let bytes = event.mask.intersects(AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CLOSE_WRITE);
                woken.bytes |= bytes;
                // An overflow names nothing, and may have been anything.
                woken.names |= !bytes;
            }
        }
        woken
    }
}
