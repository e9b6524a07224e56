//! Datagrams, each a record: syslog over UDP (RFC 3164, RFC 5426), and Unix sockets as `/dev/log` is one.
//!
//! One thread per socket reads as fast as it can and never waits for the consumer: what does not fit is dropped here, by sender, where it is
//! counted. What came faster than that was dropped by the kernel, which counts it too.

use crate::counters::{Count, Counting};
use crate::queue::{LaneKey, Queue};
use crate::{Delivery, RECORD_BYTES_MAX, Records, Sender, SourceId, clock};
use model::Addr;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, setsockopt, sockopt};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IoSliceMut, Read as _, Seek as _};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Datagrams that are taken at once. Each has room for the longest; the system gives memory only for what was written.
const BATCH: usize = 256;

/// Bytes that may wait in the kernel, by its own reckoning (some 800 for a short message): a third of a second at 200,000 a second,
/// which is longer than this thread is ever kept from reading.
const KERNEL_BYTES: usize = 64 << 20;

/// A rest when fewer came than could: so that at high rates many are taken at once, and nobody waits long.
const REST: Duration = Duration::from_millis(1);

/// How long to wait for datagrams before asking whether to stop, in milliseconds.
const WAIT_MS: u16 = 1_000;

/// Batches that are still taken after the order to stop: what was sent before it, as far as the kernel held it.
const LAST_BATCHES_MAX: usize = 4_096;

/// A socket for datagrams.
#[derive(Debug)]
pub(crate) enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Socket {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }

    /// Asks for much room in the kernel: by privilege, or as much as everybody may.
    pub(crate) fn widen(&self) {
        let fd = self.fd();
        if setsockopt(&fd, sockopt::RcvBufForce, &KERNEL_BYTES).is_err() {
            // What the system allows is what there is; what it drops is counted.
            let _ = setsockopt(&fd, sockopt::RcvBuf, &KERNEL_BYTES);
        }
    }
}

/// The kernel's own count of what it dropped before a UDP socket. Opened early, since a sandbox may come.
#[derive(Debug)]
pub(crate) struct KernelDrops {
    table: File,
    inode: String,
    counted: u64,
}

impl KernelDrops {
    /// For a socket; `None` where the system does not tell.
    pub(crate) fn of(socket: &Socket) -> Option<Self> {
        let Socket::Udp(udp) = socket else { return None };
        let table = if udp.local_addr().ok()?.is_ipv4() { "/proc/net/udp" } else { "/proc/net/udp6" };
        let inode = nix::sys::stat::fstat(socket.fd()).ok()?.st_ino.to_string();
        Some(Self { table: File::open(table).ok()?, inode, counted: 0 })
    }

    /// Adds what was dropped since it was last asked.
    pub(crate) fn count(&mut self, counting: &Counting) {
        let mut text = String::new();
        if self.table.rewind().is_err() || self.table.read_to_string(&mut text).is_err() {
            return;
        }
        let dropped = text.lines().find_map(|line| {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            (words.get(9) == Some(&self.inode.as_str())).then(|| words.get(12)?.parse::<u32>().ok())?
        });
        if let Some(dropped) = dropped {
            // The kernel counts in 32 bits, and begins again.
            let more = dropped.wrapping_sub(self.counted as u32);
            self.counted += u64::from(more);
            counting.add(Count::DroppedKernel, u64::from(more));
        }
    }
}

/// Reads a socket until told to stop.
pub(crate) struct Datagrams {
    pub(crate) socket: Socket,
    pub(crate) source: SourceId,
    pub(crate) counting: Arc<Counting>,
    pub(crate) queue: Queue,
    pub(crate) wake: Arc<EventFd>,
}

/// What came of one sender in a batch.
struct Group {
    sender: Sender,
    records: Records,
    cut: u64,
    malformed: u64,
}

impl Datagrams {
    pub(crate) fn run(&self, stop: &AtomicBool) {
        let mut room = vec![0; BATCH * RECORD_BYTES_MAX];
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
        let mut groups = Vec::new();
        let mut last = 0;
        loop {
            let stopping = stop.load(Ordering::Relaxed);
            last += usize::from(stopping);
            if last > LAST_BATCHES_MAX || self.queue.abandoned() {
                return;
            }
            let mut slices: Vec<[IoSliceMut<'_>; 1]> = room.chunks_mut(RECORD_BYTES_MAX).map(|slot| [IoSliceMut::new(slot)]).collect();
            match recvmmsg(self.socket.fd().as_raw_fd(), &mut headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
                Ok(messages) => {
                    let mut count = 0;
                    let messages = messages.map(|message| {
                        count += 1;
                        let addr = message.address.as_ref().and_then(address);
                        (addr, message.iovs().next().unwrap_or_default(), message.flags.contains(MsgFlags::MSG_TRUNC))
                    });
                    group(messages, &mut groups);
                    groups.drain(..).for_each(|group| self.hand_on(group));
                    if count < BATCH && !stopping {
                        std::thread::sleep(REST);
                    }
                }
                Err(_) if stopping => return,
                Err(Errno::EAGAIN) => self.wait(),
                // An error of the network below (an ICMP answer) is no reason to end; it must not be one to spin, either.
                Err(_) => std::thread::sleep(REST),
            }
        }
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.socket.fd(), PollFlags::POLLIN), PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        // Interrupted or not: what is there is read.
        let _ = poll(&mut fds, PollTimeout::from(WAIT_MS));
        let _ = self.wake.read();
    }

    fn hand_on(&self, group: Group) {
        let Group { sender, records, cut, malformed } = group;
        let (count, bytes) = (records.len() as u64, records.bytes() as u64);
        let lane = bounded::fingerprint(&sender);
        let delivery = Delivery { source: self.source, sender: sender.clone(), records, position: None, arrived: clock::now() };
        let taken = count == 0 || self.queue.push(LaneKey { source: self.source, lane }, delivery).is_ok();
        let all = if taken { [(Count::Records, count), (Count::Bytes, bytes)] } else { [(Count::DroppedQueue, count), (Count::Bytes, 0)] };
        self.counting.add_of(&sender, &[all[0], all[1], (Count::Cut, cut), (Count::Malformed, malformed)]);
    }
}

fn address(from: &SockaddrStorage) -> Option<Addr> {
    let v4 = from.as_sockaddr_in().map(|v4| Addr::v4(v4.ip().octets()));
    v4.or_else(|| from.as_sockaddr_in6().map(|v6| Addr::v6(v6.ip().octets())))
}

/// Puts a batch together by sender.
fn group<'a>(messages: impl Iterator<Item = (Option<Addr>, &'a [u8], bool)>, groups: &mut Vec<Group>) {
    let mut places: HashMap<Option<Addr>, usize, bounded::Hasher> = HashMap::default();
    for (addr, bytes, cut) in messages {
        let place = *places.entry(addr).or_insert_with(|| {
            let sender = addr.map_or(Sender::Local, Sender::Host);
            groups.push(Group { sender, records: Records::default(), cut: 0, malformed: 0 });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(place) else { continue };
        let record = crate::framing::trimmed(bytes);
        if record.is_empty() {
            group.malformed += 1;
        } else {
            group.records.push(record);
            group.cut += u64::from(cut);
        }
    }
}

/// A socket at an address.
///
/// # Errors
/// Where the system refuses it.
pub(crate) fn udp(listen: std::net::SocketAddr) -> io::Result<Socket> {
    let socket = Socket::Udp(UdpSocket::bind(listen)?);
    socket.widen();
    Ok(socket)
}

/// A socket at a path.
///
/// # Errors
/// Where the system refuses it, or something else is there.
pub(crate) fn unix(path: &std::path::Path) -> io::Result<Socket> {
    crate::listen::make_way(path)?;
    let socket = Socket::Unix(UnixDatagram::bind(path)?);
    crate::listen::open_to_all(path)?;
    socket.widen();
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_put_together_by_sender() {
        let (a, b) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]));
        let messages =
            [(Some(a), &b"one\n"[..], false), (Some(b), b"two", true), (Some(a), b"\n", false), (Some(a), b"three\nlines\0", false)];
        let mut groups = Vec::new();
        group(messages.into_iter(), &mut groups);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].records, [&b"one"[..], b"three\nlines"].into_iter().collect());
        assert_eq!((groups[0].malformed, groups[0].cut, groups[1].cut), (1, 0, 1));
    }
}
