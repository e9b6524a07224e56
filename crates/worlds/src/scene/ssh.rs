//! A login over SSH (RFC 4253): versions, algorithms, keys; then random bytes in place of what is encrypted.

use crate::cast::BUILD;
use crate::stage::Stage;
use contract::Side;
use model::{Interval, Timestamp};
use testkit::dice::Dice;
use testkit::network::{Connection, Host, Path};

const KEX: &str = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha256";
const HOST_KEYS: &str = "ssh-ed25519,rsa-sha2-512,rsa-sha2-256";
const CIPHERS: &str = "chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com";
const MACS: &str = "umac-64-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512";

pub(crate) fn login(stage: &mut Stage, at: Timestamp, client: Host, minutes: u64) {
    let mut dice = stage.dice().split();
    let mut connection = stage.connect(at, client, (BUILD, 22), Path::LOCAL);
    let dice = &mut dice;
    negotiate(&mut connection, dice, 4);
    // Asking for the service, trying no authentication, offering a key, using it, opening a session.
    for (asked, answered) in [(44, 44), (68, 60), (372, 324), (612, 28), (112, 500), (400, 108)] {
        connection.ask(&dice.bytes(asked), Interval::from_millis(4), &dice.bytes(answered));
    }
    for _ in 0..minutes * 12 {
        connection.wait(Interval::from_millis(dice.between(500, 9_500) as i64));
        let answered = 36 + 8 * dice.below(120);
        connection.ask(&dice.bytes(36), Interval::from_millis(2), &dice.bytes(answered));
    }
    connection.close(Side::Orig);
}

/// Up to where both sides encrypt. The same `server` has the same key each time.
pub(crate) fn negotiate(connection: &mut Connection<'_>, dice: &mut Dice, server: u64) {
    connection.say(Side::Orig, b"SSH-2.0-OpenSSH_9.6\r\n");
    connection.wait(Interval::from_millis(6));
    connection.say(Side::Resp, b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n");
    for side in Side::BOTH {
        connection.say(side, &algorithms(dice));
    }
    connection.say(Side::Orig, &packet(&[&[30][..], &string(&dice.bytes(32))].concat()));
    let host_key = [string(b"ssh-ed25519"), string(&Dice::new(server).bytes(32))].concat();
    let signature = [string(b"ssh-ed25519"), string(&dice.bytes(64))].concat();
    let reply = [&[31][..], &string(&host_key), &string(&dice.bytes(32)), &string(&signature)].concat();
    connection.say(Side::Resp, &[packet(&reply), packet(&[21])].concat());
    connection.say(Side::Orig, &packet(&[21]));
}

fn algorithms(dice: &mut Dice) -> Vec<u8> {
    let mut body = vec![20];
    body.extend(dice.bytes(16));
    for list in [KEX, HOST_KEYS, CIPHERS, CIPHERS, MACS, MACS, "none,zlib@openssh.com", "none,zlib@openssh.com", "", ""] {
        body.extend(string(list.as_bytes()));
    }
    body.extend([0; 5]);
    packet(&body)
}

/// A packet before encryption, padded to a multiple of eight.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 4 + (8 - (payload.len() + 9) % 8) % 8;
    let length = (payload.len() + padding + 1) as u32;
    [&length.to_be_bytes()[..], &[padding as u8], payload, &vec![0; padding]].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}
