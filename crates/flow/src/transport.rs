//! Headers of TCP (RFC 9293), UDP (RFC 768) and ICMP (RFC 792, RFC 4443).

use crate::checksum;
use crate::ip::{IpPacket, Protocol};

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    /// The sender's port.
    pub src_port: u16,
    /// The receiver's port.
    pub dst_port: u16,
    /// Sequence number of the first byte.
    pub seq: u32,
    /// The next byte expected from the other side.
    pub ack: u32,
    /// The control bits.
    pub flags: TcpFlags,
    /// The window, not scaled.
    pub window: u16,
    /// Shift count of the window scale option, in a SYN.
    pub window_scale: Option<u8>,
    /// The payload as far as it was captured.
    pub payload: &'a [u8],
    /// How long the payload is by the IP header.
    pub payload_bytes: u32,
}

/// TCP's control bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more data from the sender.
    pub const fn fin(self) -> bool {
        self.0 & 1 != 0
    }
    /// Synchronize sequence numbers.
    pub const fn syn(self) -> bool {
        self.0 & 2 != 0
    }
    /// Reset.
    pub const fn rst(self) -> bool {
        self.0 & 4 != 0
    }
    /// The acknowledgment number counts.
    pub const fn ack(self) -> bool {
        self.0 & 16 != 0
    }
    /// Urgent.
    pub const fn urg(self) -> bool {
        self.0 & 32 != 0
    }
}

/// Why a segment can't be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The header is cut off before its end; there is no flow to tell of. The weird's name.
    NoHeader(&'static str),
    /// The ports are known, but the rest is broken. The weird's name.
    Broken(&'static str),
}

/// The bytes that a header needs before its flow is known (Zeek's `CheckHeaderTrunc`).
fn enough(packet: &IpPacket<'_>, bytes: usize) -> Result<(), TransportError> {
    if packet.payload_bytes != 0 && (packet.payload_bytes as usize) < bytes {
        return Err(TransportError::NoHeader("truncated_header"));
    }
    if packet.payload.len() < bytes {
        return Err(TransportError::NoHeader("internally_truncated_header"));
    }
    Ok(())
}

/// The two ports of a TCP or UDP packet whose header is there.
///
/// # Errors
/// Where the fixed part of the header isn't there.
pub fn ports(packet: &IpPacket<'_>) -> Result<(u16, u16), TransportError> {
    enough(packet, if packet.protocol == Protocol::TCP { 20 } else { 8 })?;
    let data = packet.payload;
    Ok((u16::from_be_bytes([data[0], data[1]]), u16::from_be_bytes([data[2], data[3]])))
}

impl<'a> Tcp<'a> {
    /// ```text
    /// | source 2 | destination 2 | sequence 4 | acknowledgment 4 | offset, flags 2 | window 2 | checksum 2 | urgent 2 | options |
    /// ```
    ///
    /// # Errors
    /// Where the header is cut off, or its length impossible.
    pub fn parse(packet: &IpPacket<'a>) -> Result<Self, TransportError> {
        let (src_port, dst_port) = ports(packet)?;
        let data = packet.payload;
        let header = usize::from(data[12] >> 4) * 4;
        if header < 20 {
            return Err(TransportError::Broken("bad_TCP_header_len"));
        }
        if header > data.len() || header > packet.payload_bytes as usize {
            return Err(TransportError::Broken("truncated_header"));
        }
        let flags = TcpFlags(data[13]);
        Ok(Self {
            src_port,
            dst_port,
            seq: u32::from_be_bytes([data[4], data[5], data[6], data[7]]),
            ack: u32::from_be_bytes([data[8], data[9], data[10], data[11]]),
            flags,
            window: u16::from_be_bytes([data[14], data[15]]),
            window_scale: if flags.syn() { window_scale(&data[20..header]) } else { None },
            payload: &data[header..],
            payload_bytes: packet.payload_bytes - header as u32,
        })
    }
}

fn window_scale(mut options: &[u8]) -> Option<u8> {
    while let [kind, after @ ..] = options {
        match kind {
            0 => return None,
            1 => options = after,
            _ => {
                let length = usize::from(*after.first()?);
                if length == 0 || length > options.len() {
                    return None;
                }
                if *kind == 3 && length >= 3 {
                    return Some(options[2]);
                }
                options = &options[length..];
            }
        }
    }
    None
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// The sender's port.
    pub src_port: u16,
    /// The receiver's port.
    pub dst_port: u16,
    /// The length that the header claims, header included.
    pub claimed_bytes: u16,
    /// The checksum, zero where the sender computed none.
    pub checksum: u16,
    /// The payload as far as it was captured.
    pub payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// ```text
    /// | source 2 | destination 2 | length 2 | checksum 2 |
    /// ```
    ///
    /// # Errors
    /// Where the header is cut off.
    pub fn parse(packet: &IpPacket<'a>) -> Result<Self, TransportError> {
        let (src_port, dst_port) = ports(packet)?;
        let data = packet.payload;
        Ok(Self {
            src_port,
            dst_port,
            claimed_bytes: u16::from_be_bytes([data[4], data[5]]),
            checksum: u16::from_be_bytes([data[6], data[7]]),
            payload: &data[8..],
        })
    }
}

/// An ICMP message.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    /// The type.
    pub kind: u8,
    /// The code.
    pub code: u8,
    /// The whole message, header included, as far as it was captured.
    pub message: &'a [u8],
}

impl<'a> Icmp<'a> {
    /// ```text
    /// | type 1 | code 1 | checksum 2 | rest of header 4 | … |
    /// ```
    ///
    /// # Errors
    /// Where the header is cut off.
    pub fn parse(packet: &IpPacket<'a>) -> Result<Self, TransportError> {
        enough(packet, 8)?;
        Ok(Self { kind: packet.payload[0], code: packet.payload[1], message: packet.payload })
    }
}

/// Whether a packet's transport checksum adds up; true where it can't be told since part of the packet is missing.
pub fn checksum_ok(packet: &IpPacket<'_>) -> bool {
    let whole = packet.payload_bytes as usize;
    let Some(segment) = packet.payload.get(..whole) else { return true };
    match packet.protocol {
        Protocol::ICMP => checksum::valid(segment),
        Protocol::UDP if segment.get(6..8) == Some(&[0, 0]) => packet.src.is_v4(),
        protocol => checksum::valid_with_pseudo_header(packet.src.as_slice(), packet.dst.as_slice(), protocol, segment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Addr;

    fn packet(protocol: u8, payload: &[u8]) -> IpPacket<'_> {
        IpPacket {
            src: Addr::v4([10, 0, 0, 1]),
            dst: Addr::v4([10, 0, 0, 2]),
            protocol,
            payload,
            payload_bytes: payload.len() as u32,
            total_bytes: payload.len() as u32 + 20,
            stated_bytes: 0,
            ttl: 64,
            fragment: None,
            bytes: &[],
            header_bytes: 20,
        }
    }

    #[test]
    fn options_of_a_syn_are_read() {
        let mut segment = vec![0, 80, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x70, 2, 0xff, 0xff, 0, 0, 0, 0];
        segment.extend_from_slice(&[2, 4, 5, 0xb4, 1, 3, 3, 7]);
        let tcp = Tcp::parse(&packet(6, &segment)).expect("a segment");
        assert_eq!((tcp.src_port, tcp.window_scale, tcp.payload_bytes), (80, Some(7), 0));
    }

    #[test]
    fn broken_headers_are_told_apart() {
        assert_eq!(Tcp::parse(&packet(6, &[0; 12])).err(), Some(TransportError::NoHeader("truncated_header")));
        let mut cut = packet(6, &[0; 12]);
        cut.payload_bytes = 40;
        assert_eq!(Tcp::parse(&cut).err(), Some(TransportError::NoHeader("internally_truncated_header")));
        assert_eq!(Tcp::parse(&packet(6, &[0; 20])).err(), Some(TransportError::Broken("bad_TCP_header_len")));
    }

    #[test]
    fn a_missing_checksum_is_fine_only_under_ipv4() {
        let datagram = [0, 53, 0, 53, 0, 8, 0, 0];
        assert!(checksum_ok(&packet(17, &datagram)));
        let mut v6 = packet(17, &datagram);
        v6.src = Addr::v6([1; 16]);
        v6.dst = Addr::v6([2; 16]);
        assert!(!checksum_ok(&v6));
    }
}
