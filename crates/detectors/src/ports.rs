//! Ports by what they are known for, where several detectors ask.

/// Ports through which worms have spread: Blaster and Sasser (135, 139, 445), SQL worms (1433, 3306), Mydoom and its
/// followers (3127), Sasser's back doors (5554, 9996), RDP (3389), Redis (6379), Telnet and its other port (23, 2323), SSH
/// (22), debug bridges of phones (5555), routers and recorders (37215, 52869, 7547), Docker (2375), Dameware (6129), Veritas
/// (6101), Universal Plug and Play (5000), Bagle's back door (2745). Source: DETECTIONS.md `worm`; the reports named there.
const WORMS_TCP: &[u16] = &[
    22, 23, 135, 139, 445, 1025, 1433, 2323, 2375, 2745, 3127, 3306, 3389, 5000, 5554, 5555, 6101, 6129, 6379, 7547, 9996, 37_215, 52_869,
];

/// Whether worms are known to spread through a TCP port.
pub(crate) fn is_worms(port: u16) -> bool {
    WORMS_TCP.contains(&port)
}
