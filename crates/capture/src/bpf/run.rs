//! The machine: runs a program on a packet, as the kernel would.

use super::{Instruction, Program, ancillary};

/// Cells of its memory.
const CELLS: usize = 16;

/// What the kernel knows of a packet besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// The EtherType.
    pub protocol: u16,
    /// Where the network layer's header begins.
    pub network: usize,
    /// The VLAN tag that was taken off.
    pub vlan: Option<u16>,
}

impl Program {
    /// How many bytes of the packet are taken: 0 for none. A load beyond the packet, a division by zero and a program that the kernel
    /// would refuse take none.
    pub fn run(&self, packet: &[u8], about: &About) -> u32 {
        let (mut a, mut x, mut memory) = (0_u32, 0_u32, [0_u32; CELLS]);
        let mut place = 0;
        // Jumps lead forward only, so that this ends.
        while let Some(it) = self.instructions().get(place) {
            place += 1;
            match it.code & 7 {
                0 => match load(it, x, packet, about, &memory) {
                    Some(value) => a = value,
                    None => return 0,
                },
                1 => match load_x(it, packet, about, &memory) {
                    Some(value) => x = value,
                    None => return 0,
                },
                class @ (2 | 3) => match memory.get_mut(it.k as usize) {
                    Some(cell) => *cell = if class == 2 { a } else { x },
                    None => return 0,
                },
                4 => match calculate(it, a, x) {
                    Some(value) => a = value,
                    None => return 0,
                },
                5 => match jump(it, a, x) {
                    Some(distance) => place = place.saturating_add(distance),
                    None => return 0,
                },
                6 => return if it.code & 0x18 == 0x10 { a } else { it.k },
                _ if it.code & 0xf8 == 0x80 => a = x,
                _ => x = a,
            }
        }
        0
    }
}

fn load(it: &Instruction, x: u32, packet: &[u8], about: &About, memory: &[u32; CELLS]) -> Option<u32> {
    let size = match it.code & 0x18 {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => return None,
    };
    match it.code & 0xe0 {
        0x00 => Some(it.k),
        0x20 => at(it.k, size, packet, about),
        0x40 => at(x.wrapping_add(it.k), size, packet, about),
        0x60 => memory.get(it.k as usize).copied(),
        0x80 => u32::try_from(packet.len()).ok(),
        _ => None,
    }
}

fn load_x(it: &Instruction, packet: &[u8], about: &About, memory: &[u32; CELLS]) -> Option<u32> {
    match it.code & 0xe0 {
        0x00 => Some(it.k),
        0x60 => memory.get(it.k as usize).copied(),
        0x80 => u32::try_from(packet.len()).ok(),
        0xa0 => Some((at(it.k, 1, packet, about)? & 15) * 4),
        _ => None,
    }
}

/// Big-endian bytes at an offset, or what the kernel knows.
fn at(offset: u32, size: usize, packet: &[u8], about: &About) -> Option<u32> {
    match offset {
        ancillary::PROTOCOL => return Some(u32::from(about.protocol)),
        ancillary::VLAN_TAG => return Some(u32::from(about.vlan.unwrap_or(0))),
        ancillary::VLAN_TAG_PRESENT => return Some(u32::from(about.vlan.is_some())),
        _ => {}
    }
    let from = if (offset as i32) < 0 {
        usize::try_from(offset.wrapping_sub(ancillary::NET)).ok().filter(|from| *from < 0x10_0000)?.checked_add(about.network)?
    } else {
        offset as usize
    };
    let bytes = packet.get(from..from.checked_add(size)?)?;
    Some(bytes.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte)))
}

fn calculate(it: &Instruction, a: u32, x: u32) -> Option<u32> {
    let other = if it.code & 8 == 0 { it.k } else { x };
    Some(match it.code & 0xf0 {
        0x00 => a.wrapping_add(other),
        0x10 => a.wrapping_sub(other),
        0x20 => a.wrapping_mul(other),
        0x30 => a.checked_div(other)?,
        0x40 => a | other,
        0x50 => a & other,
        0x60 => a.checked_shl(other).unwrap_or(0),
        0x70 => a.checked_shr(other).unwrap_or(0),
        0x80 => a.wrapping_neg(),
        0x90 => a.checked_rem(other)?,
        0xa0 => a ^ other,
        _ => return None,
    })
}

fn jump(it: &Instruction, a: u32, x: u32) -> Option<usize> {
    let other = if it.code & 8 == 0 { it.k } else { x };
    let holds = match it.code & 0xf0 {
        0x00 => return usize::try_from(it.k).ok(),
        0x10 => a == other,
        0x20 => a > other,
        0x30 => a >= other,
        0x40 => a & other != 0,
        _ => return None,
    };
    Some(usize::from(if holds { it.jump_true } else { it.jump_false }))
}
