//! Operating systems, as far as their packets show them: hop count, window, options and their order, time stamps, and the
//! ports that they choose. What each sends in a SYN is what passive fingerprints (p0f's signatures) tell systems apart by.
//!
//! Left out: quirks of the IP identification, explicit congestion notification, selective acknowledgements in data.

use model::{Addr, Timestamp};

/// An operating system, as far as packets show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// TTL 128, window 64240, scale 8, no time stamps: Windows 10 and 11.
    Windows,
    /// TTL 64, window 64240, scale 7, time stamps switched off.
    Linux,
    /// TTL 128, window 8192, scale 8: Windows 7.
    Windows7,
    /// TTL 128, window 65535, no scale: Windows XP.
    WindowsXp,
    /// TTL 64, window 64240, scale 7, time stamps from another start for each pair of addresses: Linux from 4.10 on.
    LinuxStamped,
    /// TTL 64, window 29200, scale 7, one clock for all time stamps: Linux 3.11 to 4.9.
    LinuxOld,
    /// TTL 64, window 65535, scale 6, one clock for all time stamps: macOS.
    Mac,
    /// TTL 64, window 5840, the segment size as the only option: printers and the like.
    Embedded,
}

/// How a system stamps its segments (RFC 7323).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    None,
    /// One for the whole machine.
    Own,
    /// One for each pair of addresses.
    Pair,
}

impl System {
    /// The hop count that its packets start with.
    pub const fn ttl(self) -> u8 {
        match self {
            Self::Windows | Self::Windows7 | Self::WindowsXp => 128,
            Self::Linux | Self::LinuxStamped | Self::LinuxOld | Self::Mac | Self::Embedded => 64,
        }
    }

    const fn clock(self) -> Clock {
        match self {
            Self::LinuxStamped => Clock::Pair,
            Self::LinuxOld | Self::Mac => Clock::Own,
            _ => Clock::None,
        }
    }

    /// Whether it stamps its segments where the other side does, too.
    pub fn stamps(self) -> bool {
        self.clock() != Clock::None
    }

    /// The time stamp of a segment: a thousand ticks a second from a start that depends on the machine.
    pub fn stamp(self, own: Addr, other: Addr, at: Timestamp) -> u32 {
        let whom = if self.clock() == Clock::Pair { Some(other) } else { None };
        let bytes = own.octets().iter().chain(whom.iter().flat_map(|addr| addr.octets()));
        let start = bytes.fold(0x811c_9dc5_u32 ^ self as u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        start.wrapping_add((at.nanos() / 1_000_000) as u32)
    }

    /// The window of a first segment, unscaled.
    pub const fn syn_window(self) -> u16 {
        match self {
            Self::Windows | Self::Linux | Self::LinuxStamped => 64_240,
            Self::Windows7 => 8192,
            Self::WindowsXp | Self::Mac => 65_535,
            Self::LinuxOld => 29_200,
            Self::Embedded => 5840,
        }
    }

    /// The window of later segments, unscaled.
    pub const fn window(self) -> u16 {
        match self {
            Self::Windows => 1026,
            Self::Linux | Self::LinuxStamped => 502,
            Self::Windows7 => 256,
            Self::WindowsXp => 64_860,
            Self::LinuxOld => 229,
            Self::Mac => 2058,
            Self::Embedded => 5840,
        }
    }

    /// The options of a first segment; the stamps (own and echoed) only where both sides use them.
    pub fn syn_options(self, segment_bytes: usize, stamps: Option<(u32, u32)>) -> Vec<u8> {
        let [high, low] = (segment_bytes as u16).to_be_bytes();
        let size = [2, 4, high, low];
        let stamp = stamps.map(|(own, echoed)| [&[8, 10][..], &own.to_be_bytes(), &echoed.to_be_bytes()].concat());
        match (self, stamp) {
            (Self::Windows | Self::Windows7, _) => [&size[..], &[1, 3, 3, 8, 1, 1, 4, 2]].concat(),
            (Self::WindowsXp, _) => [&size[..], &[1, 1, 4, 2]].concat(),
            (Self::Embedded, _) => size.to_vec(),
            (Self::Mac, Some(stamp)) => [&size[..], &[1, 3, 3, 6, 1, 1], &stamp, &[4, 2, 0, 0]].concat(),
            (Self::Mac, None) => [&size[..], &[1, 3, 3, 6, 4, 2, 0, 0]].concat(),
            (_, Some(stamp)) => [&size[..], &[4, 2], &stamp, &[1, 3, 3, 7]].concat(),
            (_, None) => [&size[..], &[1, 1, 4, 2, 1, 3, 3, 7]].concat(),
        }
    }

    /// The ports that it opens connections from: the first, and how many. Linux draws among them, others count up.
    pub const fn ports(self) -> (u16, u16) {
        match self {
            Self::Windows | Self::Windows7 | Self::Mac => (49_152, 16_384),
            Self::WindowsXp | Self::Embedded => (1025, 3975),
            Self::Linux | Self::LinuxStamped | Self::LinuxOld => (32_768, 28_232),
        }
    }

    /// Whether it draws its ports at random.
    pub const fn draws_ports(self) -> bool {
        matches!(self, Self::Linux | Self::LinuxStamped | Self::LinuxOld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [System; 8] = [
        System::Windows,
        System::Linux,
        System::Windows7,
        System::WindowsXp,
        System::LinuxStamped,
        System::LinuxOld,
        System::Mac,
        System::Embedded,
    ];

    #[test]
    fn options_fill_whole_words() {
        for system in ALL {
            for stamps in [None, Some((1, 2))] {
                let options = system.syn_options(1460, stamps);
                assert!(options.len().is_multiple_of(4) && options.len() <= 40, "{system:?}: {options:?}");
            }
        }
    }

    #[test]
    fn clocks_are_as_described() {
        let (own, one, two) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]), Addr::v4([10, 0, 0, 3]));
        let at = Timestamp::from_secs(1_000);
        assert_eq!(System::Mac.stamp(own, one, at), System::Mac.stamp(own, two, at));
        assert_ne!(System::LinuxStamped.stamp(own, one, at), System::LinuxStamped.stamp(own, two, at));
        assert_ne!(System::Mac.stamp(own, one, at), System::LinuxOld.stamp(own, one, at));
        let later = System::Mac.stamp(own, one, Timestamp::from_secs(1_002));
        assert_eq!(later.wrapping_sub(System::Mac.stamp(own, one, at)), 2_000);
    }
}
