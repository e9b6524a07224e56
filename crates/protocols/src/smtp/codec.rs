//! Commands and replies (RFC 5321 section 4), and the argument of BDAT (RFC 3030).

/// A command, or what stands in a command's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The connection itself, which the server greets.
    Greeting,
    /// A command by its word.
    Word(&'static str),
    /// The dot that ends a mail.
    EndOfData,
    /// A line within an authentication.
    AuthAnswer,
    /// Nothing is known to be answered.
    Unknown,
}

/// The commands that are known.
const WORDS: &[&str] = &[
    "EHLO",
    "HELO",
    "MAIL",
    "RCPT",
    "DATA",
    "QUIT",
    "RSET",
    "VRFY",
    "EXPN",
    "HELP",
    "NOOP",
    "STARTTLS",
    "X-ANONYMOUSTLS",
    "TURN",
    "SEND",
    "SOML",
    "SAML",
    "AUTH",
    "BDAT",
    "ETRN",
    "ERROR",
];

impl Command {
    /// What logs call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Greeting => ">",
            Self::Word(word) => word,
            Self::EndOfData => ".",
            Self::AuthAnswer => "***",
            Self::Unknown => "(UNKNOWN)",
        }
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter().position(|c| !matches!(c, b' ' | b'\t')).unwrap_or(text.len())
}

/// The command of a line and its argument; `None` where the word is no command.
pub(super) fn command(line: &[u8]) -> Option<(Command, &[u8])> {
    let line = &line[blanks(line)..];
    let end = line.iter().position(|c| matches!(c, b' ' | b'\t')).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let word = WORDS.iter().find(|known| word.eq_ignore_ascii_case(known.as_bytes()))?;
    Some((Command::Word(word), &rest[blanks(rest)..]))
}

/// A line of a reply: its code, its text, and whether more lines follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply<'a> {
    pub(super) code: u16,
    pub(super) text: &'a [u8],
    pub(super) continued: bool,
}

/// Reads a line of a reply; `None` where its code is no code.
pub(super) fn reply(line: &[u8]) -> Option<Reply<'_>> {
    let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let continued = line.get(3) == Some(&b'-');
    let rest = &line[if continued { 4 } else { 3 }..];
    (100..=599).contains(&code).then(|| Reply { code, text: &rest[blanks(rest)..], continued })
}

/// The size of a chunk and whether it is the last.
///
/// # Errors
/// With Zeek's words for what is wrong.
pub(super) fn bdat(arg: &[u8]) -> Result<(u64, bool), &'static str> {
    const LONGEST: usize = 25;
    if arg.is_empty() || arg.len() > LONGEST {
        return Err("BDAT argument bad length");
    }
    if !arg[0].is_ascii_digit() {
        return Err("BDAT not followed by a valid chunk-size");
    }
    let end = arg.iter().position(|c| !c.is_ascii_digit()).unwrap_or(arg.len());
    let (digits, rest) = arg.split_at(end);
    if rest.first().is_some_and(|&c| c != b' ' && c != 0) {
        return Err("BDAT chunk-size not valid");
    }
    let size = digits.iter().try_fold(0u64, |size, digit| size.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    let size = size.ok_or("BDAT chunk-size too large")?;
    match rest {
        [] => Ok((size, false)),
        rest if rest.eq_ignore_ascii_case(b" LAST") => Ok((size, true)),
        _ => Err("BDAT chunk-size followed by junk"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_in_any_case() {
        assert_eq!(command(b"mail FROM:<a@b>"), Some((Command::Word("MAIL"), &b"FROM:<a@b>"[..])));
        assert_eq!(command(b"QUIT"), Some((Command::Word("QUIT"), &b""[..])));
        assert_eq!(command(b"GET / HTTP/1.1"), None);
        assert_eq!(command(b""), None);
    }

    #[test]
    fn replies_have_codes_between_100_and_599() {
        assert_eq!(reply(b"250-a b"), Some(Reply { code: 250, text: b"a b", continued: true }));
        assert_eq!(reply(b"250"), Some(Reply { code: 250, text: b"", continued: false }));
        assert_eq!(reply(b"600 x"), None);
        assert_eq!(reply(b"hello"), None);
    }

    #[test]
    fn chunk_sizes_are_strict() {
        assert_eq!(bdat(b"86 LAST"), Ok((86, true)));
        assert_eq!(bdat(b"86"), Ok((86, false)));
        assert_eq!(bdat(b""), Err("BDAT argument bad length"));
        assert_eq!(bdat(b"x"), Err("BDAT not followed by a valid chunk-size"));
        assert_eq!(bdat(b"86LAST"), Err("BDAT chunk-size not valid"));
        assert_eq!(bdat(b"86 LASTX"), Err("BDAT chunk-size followed by junk"));
        assert_eq!(bdat(b"184467440737095516150"), Err("BDAT chunk-size too large"));
    }
}
