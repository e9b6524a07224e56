//! Whether bytes in a tunnel are one whole IP packet: what the tunnel protocols ask before they believe themselves.

/// How bytes compare with the IP packet that they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Exactly one packet.
    Whole,
    /// Fewer bytes than the packet says it has.
    Short,
    /// More bytes than the packet says it has.
    Long,
    /// No IP packet.
    NotIp,
}

/// Compares `data` with the length in its IP header.
pub(crate) fn fit(data: &[u8]) -> Fit {
    let stated = match (data.first().map(|byte| byte >> 4), data.len()) {
        (Some(4), 20..) => usize::from(u16::from_be_bytes([data[2], data[3]])),
        (Some(6), 40..) => usize::from(u16::from_be_bytes([data[4], data[5]])) + 40,
        (Some(4 | 6), _) => return Fit::Short,
        _ => return Fit::NotIp,
    };
    match data.len().cmp(&stated) {
        std::cmp::Ordering::Less => Fit::Short,
        std::cmp::Ordering::Equal => Fit::Whole,
        std::cmp::Ordering::Greater => Fit::Long,
    }
}
