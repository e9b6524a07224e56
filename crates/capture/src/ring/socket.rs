//! The packet socket and its memory: the one place that is not safe Rust, since neither the options of a packet socket nor
//! memory that is shared with the kernel can be had otherwise. What is unsafe is a call with a pointer and its length, or the
//! shared memory; each says why it is sound. Nothing here understands packets.
#![allow(unsafe_code, reason = "options of packet sockets and memory shared with the kernel (DESIGN.md section 3, rule 19)")]

use super::block::{STATUS_AT, STATUS_USER};
use crate::bpf::Program;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A packet socket.
#[derive(Debug)]
pub(super) struct Socket(OwnedFd);

/// What the kernel counted since it was last asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Statistics {
    /// Packets that passed the filter, with those that were dropped.
    pub(super) packets: u32,
    pub(super) dropped: u32,
    /// How often the ring was full.
    pub(super) frozen: u32,
}

/// How a ring is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) block_bytes: u32,
    pub(super) blocks: u32,
    /// After so many milliseconds a block that holds anything is given out.
    pub(super) retire_ms: u32,
}

impl Socket {
    /// Opens one; it hears nothing until it is bound. `cooked` leaves link layers off.
    pub(super) fn open(cooked: bool) -> io::Result<Self> {
        let kind = if cooked { libc::SOCK_DGRAM } else { libc::SOCK_RAW };
        // SAFETY: no pointers; the result is checked before it is taken as a descriptor, which nobody else owns.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Hears an interface (all of them for 0) from now on. Returns its kind of hardware (`ARPHRD_…`).
    pub(super) fn bind(&self, interface: u32) -> io::Result<u16> {
        let mut address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
            sll_ifindex: interface as i32,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: a whole sockaddr_ll, which the kernel reads, with its length.
        check(unsafe { libc::bind(self.0.as_raw_fd(), (&raw const address).cast(), length) })?;
        // SAFETY: the same, which the kernel writes; plain numbers, of which any value is good.
        check(unsafe { libc::getsockname(self.0.as_raw_fd(), (&raw mut address).cast(), &raw mut length) })?;
        Ok(address.sll_hatype)
    }

    /// The number of an interface.
    pub(super) fn interface(name: &str) -> io::Result<u32> {
        let name = std::ffi::CString::new(name).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        // SAFETY: a string that ends with a NUL and outlives the call.
        match unsafe { libc::if_nametoindex(name.as_ptr()) } {
            0 => Err(io::Error::last_os_error()),
            index => Ok(index),
        }
    }

    /// Hears also what is not for this host.
    pub(super) fn promiscuous(&self, interface: u32) -> io::Result<()> {
        let wish =
            libc::packet_mreq { mr_ifindex: interface as i32, mr_type: libc::PACKET_MR_PROMISC as u16, mr_alen: 0, mr_address: [0; 8] };
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &wish)
    }

    /// Hears only what comes in.
    pub(super) fn ignore_outgoing(&self) -> io::Result<()> {
        self.set(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &1_i32)
    }

    /// Has packets stamped as they come in, not as they are copied here: every listener then sees the same times.
    pub(super) fn stamp_early(&self) -> io::Result<()> {
        self.set(libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &1_i32)
    }

    /// Takes only packets that a program takes.
    pub(super) fn filter(&self, program: &Program) -> io::Result<()> {
        self.program(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, program)
    }

    /// Joins the sockets that share the packets; without a number, begins such a group. Returns its number.
    pub(super) fn share(&self, group: Option<u16>) -> io::Result<u16> {
        let flags = if group.is_none() { libc::PACKET_FANOUT_FLAG_UNIQUEID } else { 0 };
        let wish = u32::from(group.unwrap_or(0)) | ((libc::PACKET_FANOUT_CBPF | flags) << 16);
        self.set(libc::SOL_PACKET, libc::PACKET_FANOUT, &wish)?;
        let number: u32 = self.get(libc::SOL_PACKET, libc::PACKET_FANOUT)?;
        Ok(number as u16)
    }

    /// The program by which the group's packets are shared out.
    pub(super) fn share_by(&self, program: &Program) -> io::Result<()> {
        self.program(libc::SOL_PACKET, libc::PACKET_FANOUT_DATA, program)
    }

    /// What the kernel counted since the last call.
    pub(super) fn statistics(&self) -> io::Result<Statistics> {
        let counted: [u32; 3] = self.get(libc::SOL_PACKET, libc::PACKET_STATISTICS)?;
        Ok(Statistics { packets: counted[0], dropped: counted[1], frozen: counted[2] })
    }

    /// An error that happened meanwhile: the interface went down, for one.
    pub(super) fn error(&self) -> io::Result<i32> {
        self.get(libc::SOL_SOCKET, libc::SO_ERROR)
    }

    /// Waits for a block; `true` where something happened.
    pub(super) fn wait(&self, time: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN | PollFlags::ERR)];
        let time = Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) };
        match poll(&mut fds, Some(&time)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the ring.
    pub(super) fn map(&self, shape: Shape) -> io::Result<Memory> {
        const FRAME_BYTES: u32 = 2048;
        self.set(libc::SOL_PACKET, libc::PACKET_VERSION, &(libc::tpacket_versions::TPACKET_V3 as i32))?;
        let request = libc::tpacket_req3 {
            tp_block_size: shape.block_bytes,
            tp_block_nr: shape.blocks,
            // Frames are as large as they are; the kernel only wants these two to agree with the others.
            tp_frame_size: FRAME_BYTES,
            tp_frame_nr: (shape.block_bytes / FRAME_BYTES).saturating_mul(shape.blocks),
            tp_retire_blk_tov: shape.retire_ms,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        self.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let (block_bytes, blocks) = (shape.block_bytes as usize, shape.blocks as usize);
        let bytes = block_bytes.checked_mul(blocks).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
        let from = unsafe { mmap(null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, flags, self.0.as_fd(), 0) }?;
        let from = NonNull::new(from.cast()).ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(Memory { from, block_bytes, blocks })
    }

    fn program(&self, level: i32, name: i32, program: &Program) -> io::Result<()> {
        let mut filters: Vec<libc::sock_filter> = program
            .instructions()
            .iter()
            .map(|it| libc::sock_filter { code: it.code, jt: it.jump_true, jf: it.jump_false, k: it.k })
            .collect();
        let length = u16::try_from(filters.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        // The kernel copies the instructions during the call, and `filters` outlives it.
        self.set(level, name, &libc::sock_fprog { len: length, filter: filters.as_mut_ptr() })
    }

    fn set<T>(&self, level: i32, name: i32, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel reads `length` bytes from a value that has as many and outlives the call.
        check(unsafe { libc::setsockopt(self.0.as_raw_fd(), level, name, (&raw const *value).cast(), length) })
    }

    fn get<T: Plain>(&self, level: i32, name: i32) -> io::Result<T> {
        let mut value = MaybeUninit::<T>::zeroed();
        let mut length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes, as many as the value has.
        check(unsafe { libc::getsockopt(self.0.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &raw mut length) })?;
        // SAFETY: it was zeroed, and of plain numbers any bytes are a value.
        Ok(unsafe { value.assume_init() })
    }
}

/// Numbers of which any bytes are a value.
trait Plain {}
impl Plain for i32 {}
impl Plain for u32 {}
impl Plain for [u32; 3] {}

fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The ring's memory, shared with the kernel.
#[derive(Debug)]
pub(super) struct Memory {
    from: NonNull<u8>,
    block_bytes: usize,
    blocks: usize,
}

// SAFETY: the mapping belongs to this value alone and is reached through `&mut self` only; which thread that is in is all one.
unsafe impl Send for Memory {}

impl Memory {
    /// How many blocks there are.
    pub(super) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// Shows a block that the kernel is done with, and gives it back. `None` where it is not done.
    pub(super) fn take<R>(&mut self, block: usize, see: impl FnOnce(&[u8]) -> R) -> Option<R> {
        if block >= self.blocks {
            return None;
        }
        // SAFETY: the block lies inside the mapping, which lives as long as `self`.
        let start = unsafe { self.from.add(block * self.block_bytes) };
        // SAFETY: the status is a word inside the block (blocks are whole pages, so that it is aligned); the kernel and we change it
        // only whole, and it is read and written as an atomic here.
        let status = unsafe { AtomicU32::from_ptr(start.add(STATUS_AT).cast().as_ptr()) };
        // Acquire: what the kernel wrote before it set the status is seen after.
        if status.load(Ordering::Acquire) & STATUS_USER == 0 {
            return None;
        }
        // SAFETY: between the status "user's" and "kernel's" the kernel does not touch the block, and we only read it; the slice does
        // not outlive this call.
        let seen = see(unsafe { std::slice::from_raw_parts(start.as_ptr(), self.block_bytes) });
        // Release: all is read before the kernel may write.
        status.store(0, Ordering::Release);
        Some(seen)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the very mapping that was made, of which no slice is left.
        let _ = unsafe { munmap(self.from.as_ptr().cast(), self.block_bytes * self.blocks) };
    }
}
