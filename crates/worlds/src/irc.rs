//! The IRC sessions of bots that the seed document S1 prints, and ordinary chat, on whichever port: for showing that a bot is
//! known by what it says, and people by what they say, not by the port.

use crate::scene::irc::Session;
use contract::Side;
use model::{Addr, Interval, Timestamp};
use testkit::network::{Host, Network, Path, System};
use testkit::packet::Mac;

/// When the first session begins: 2024-04-12 09:00 UTC.
const START: Timestamp = Timestamp::from_secs(1_712_912_400);

/// How long each goes on when all is said, in minutes.
const LISTENING_MINUTES: u32 = 10;

/// The bots' addresses, in the order of [`bots`]'s sessions: one that reports to its channel, one that is told to fetch a
/// program, one that is told to scan, one whose orders begin with a star.
pub const BOTS: [Addr; 4] = [Addr::v4([10, 20, 1, 31]), Addr::v4([10, 20, 1, 32]), Addr::v4([10, 20, 1, 33]), Addr::v4([10, 20, 1, 34])];

/// Four bots, each with a server of its own, on this port; frames in the order of time.
pub fn bots(port: u16, seed: u64) -> Vec<(Timestamp, Vec<u8>)> {
    play(&Session::BOTS, port, seed)
}

/// Four people in a room, on this port; frames in the order of time.
pub fn chat(port: u16, seed: u64) -> Vec<(Timestamp, Vec<u8>)> {
    play(&[Session::Chat; 4], port, seed)
}

fn play(sessions: &[Session], port: u16, seed: u64) -> Vec<(Timestamp, Vec<u8>)> {
    let mut network = Network::new(seed ^ (u64::from(port) << 32));
    for (number, (session, addr)) in sessions.iter().zip(BOTS).enumerate() {
        let last = number as u8;
        let client = Host { addr, mac: Mac([2, 0x20, 0, 0, 1, 31 + last]), system: System::Windows, hops: 0 };
        let server = Addr::v4([192, 52, 193, if *session == Session::Chat { 60 } else { 40 + last }]);
        let server = Host { addr: server, mac: Mac([2, 0x20, 0, 0, 0, 1]), system: System::LinuxStamped, hops: 12 };
        let mut dice = network.dice().split();
        let at = START + Interval::from_secs(number as i64 * 47);
        let mut connection = network.connect(at, (client, 49_200 + u16::from(last) * 11), (server, port), Path::internet(140));
        session.play(&mut connection, &mut dice, LISTENING_MINUTES);
        connection.close(Side::Orig);
    }
    network.into_frames()
}
