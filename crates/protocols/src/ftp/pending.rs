//! The commands that wait for a reply, and which of them a reply answers.
//!
//! A client may send several commands before the server answers (RFC 959 forbids it, programs do it), and some servers
//! answer out of order. So each reply is matched to the command that fits it best: by its code (RFC 959 section 5.4 and
//! the extensions), and by its text where that repeats the command or its argument.

use model::Timestamp;

/// So many commands wait at most; Zeek's `FTP::max_pending_commands`.
pub const PENDING_MAX: usize = 20;

/// A command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which command of its session, counted from 1.
    pub seq: u64,
    /// When it was sent.
    pub at: Timestamp,
    /// The command in capital letters; `<init>` stands for the opening of the session.
    pub name: Box<[u8]>,
    /// Its argument.
    pub arg: Box<[u8]>,
    /// Whether a reply has already moved the session to another directory.
    pub moved: bool,
}

/// The commands that wait for a reply, oldest first.
#[derive(Debug, Default)]
pub struct Pending {
    commands: Vec<Command>,
    seq: u64,
}

impl Pending {
    /// How many wait.
    pub const fn count(&self) -> usize {
        self.commands.len()
    }

    /// Appends a command; false where there are too many.
    pub fn push(&mut self, at: Timestamp, name: &[u8], arg: &[u8]) -> bool {
        if self.commands.len() >= PENDING_MAX {
            return false;
        }
        self.seq += 1;
        self.commands.push(Command { seq: self.seq, at, name: name.into(), arg: arg.into(), moved: false });
        true
    }

    /// The command that a reply answers best; the oldest of equals.
    pub fn answered_by(&self, code: u16, text: &[u8]) -> Option<u64> {
        let score = |command: &Command| {
            let fits = code == 500 || fits(&command.name, code);
            i32::from(fits) * 100 + i32::from(contains(text, &command.name)) * 20 + i32::from(contains(text, &command.arg)) * 10
        };
        let mut best: Option<(i32, u64)> = None;
        for command in &self.commands {
            let score = score(command);
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, command.seq));
            }
        }
        best.map(|(_, seq)| seq)
    }

    /// The command with this number.
    pub fn get_mut(&mut self, seq: u64) -> Option<&mut Command> {
        self.commands.iter_mut().find(|command| command.seq == seq)
    }

    /// Takes out the command with this number.
    pub fn remove(&mut self, seq: u64) -> Option<Command> {
        let at = self.commands.iter().position(|command| command.seq == seq)?;
        Some(self.commands.remove(at))
    }

    /// Takes out the oldest command.
    pub fn remove_oldest(&mut self) -> Option<Command> {
        (!self.commands.is_empty()).then(|| self.commands.remove(0))
    }

    /// Bytes held on the heap.
    pub fn held_bytes(&self) -> usize {
        self.commands.capacity() * size_of::<Command>()
            + self.commands.iter().map(|command| command.name.len() + command.arg.len()).sum::<usize>()
    }
}

/// Whether a text holds another. In linear time, whatever an attacker sends.
fn contains(text: &[u8], part: &[u8]) -> bool {
    if part.len() > text.len() {
        return false;
    }
    match (std::str::from_utf8(text), std::str::from_utf8(part)) {
        (Ok(text), Ok(part)) => text.contains(part),
        (Ok(_), Err(_)) => false,
        (Err(_), _) => latin(text).contains(&latin(part)),
    }
}

/// Bytes as the characters of Latin-1, so that they can be searched as text.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn fits(command: &[u8], code: u16) -> bool {
    REPLIES.iter().any(|(name, codes)| name.as_bytes() == command && codes.contains(&code))
}

/// Which replies each command may get.
static REPLIES: &[(&str, &[u16])] = &[
    ("<init>", &[0, 120, 220, 421]),
    ("<missing>", &[0]),
    ("ABOR", &[225, 226, 421, 500, 501, 502]),
    ("ACCT", &[202, 230, 421, 500, 501, 503, 530]),
    ("ALLO", &[200, 202, 421, 500, 501, 504, 530]),
    ("APPE", &[125, 150, 226, 250, 421, 425, 426, 450, 451, 452, 500, 501, 502, 530, 532, 550, 551, 552, 553]),
    ("CDUP", &[200, 250, 421, 500, 501, 502, 530, 550]),
    ("CLNT", &[200, 500]),
    ("CWD", &[250, 421, 500, 501, 502, 530, 550]),
    ("DELE", &[250, 421, 450, 500, 501, 502, 530, 550]),
    ("EPRT", &[200, 500, 501, 522]),
    ("EPSV", &[229, 500, 501]),
    ("FEAT", &[211, 500, 502]),
    ("HELP", &[200, 211, 214, 421, 500, 501, 502]),
    ("LIST", &[125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 502, 530, 550]),
    ("LPRT", &[500, 501, 521]),
    ("MACB", &[200, 500, 550]),
    ("MDTM", &[213, 500, 501, 550]),
    ("MKD", &[257, 421, 500, 501, 502, 530, 550]),
    ("MLSD", &[150, 226, 250, 500, 501, 550]),
    ("MLST", &[150, 226, 250, 500, 501, 550]),
    ("MODE", &[200, 421, 500, 501, 502, 504, 530]),
    ("NLST", &[125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 502, 530, 550]),
    ("NOOP", &[200, 421, 500]),
    ("OPTS", &[200, 451, 501]),
    ("PASS", &[202, 230, 332, 421, 500, 501, 503, 530]),
    ("PASV", &[227, 421, 500, 501, 502, 530]),
    ("PORT", &[200, 421, 500, 501, 530]),
    ("PWD", &[257, 421, 500, 501, 502, 550]),
    ("QUIT", &[0, 221, 500]),
    ("REIN", &[120, 220, 421, 500, 502]),
    ("REST", &[200, 350, 421, 500, 501, 502, 530]),
    ("RETR", &[110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 530, 550]),
    ("RMD", &[250, 421, 500, 501, 502, 530, 550]),
    ("RNFR", &[350, 421, 450, 500, 501, 502, 530, 550]),
    ("RNTO", &[250, 421, 500, 501, 502, 503, 530, 532, 553]),
    ("SITE", &[200, 202, 214, 500, 501, 502, 530]),
    ("SIZE", &[213, 500, 501, 550]),
    ("SMNT", &[202, 250, 421, 500, 501, 502, 530, 550]),
    ("STAT", &[211, 212, 213, 421, 450, 500, 501, 502, 530]),
    ("STOR", &[110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 452, 500, 501, 530, 532, 550, 551, 552, 553]),
    ("STOU", &[110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 452, 500, 501, 530, 532, 550, 551, 552, 553]),
    ("STRU", &[200, 421, 500, 501, 504, 530]),
    ("SYST", &[215, 421, 500, 501, 502, 530]),
    ("TYPE", &[200, 421, 500, 501, 504, 530]),
    ("USER", &[230, 331, 332, 421, 500, 501, 530]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_find_their_commands() {
        let mut pending = Pending::default();
        for (name, arg) in [("<init>", ""), ("USER", "anonymous"), ("PASV", ""), ("RETR", "robots.txt")] {
            assert!(pending.push(Timestamp::default(), name.as_bytes(), arg.as_bytes()));
        }
        assert_eq!(pending.answered_by(220, b"ready"), Some(1));
        assert_eq!(pending.answered_by(230, b"welcome anonymous"), Some(2));
        assert_eq!(pending.answered_by(227, b"Entering"), Some(3));
        assert_eq!(pending.answered_by(225, b"robots.txt RETR"), Some(4));
        assert_eq!(pending.answered_by(500, b""), Some(1), "the oldest of equals");
        assert!(contains(b"a\xff b", b"\xff") && !contains(b"a", b"\xff") && !contains(b"ab", b"abc") && contains(b"", b""));
        assert_eq!(pending.remove(3).map(|command| command.seq), Some(3));
        assert!((0..17).all(|_| pending.push(Timestamp::default(), b"NOOP", b"")));
        assert!(!pending.push(Timestamp::default(), b"NOOP", b""));
    }
}
