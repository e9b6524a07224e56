//! Nicknames as bots make them: a tag and a number (`JPN|425015894`, `Bot|9277`, `[00|USA|12345]`), or letters that nobody can
//! pronounce (`[x]IqRkpiH`, `oomvp23`).

/// Digits that make a number, not a year or an age.
const DIGITS_MIN: usize = 4;

/// Whether a nickname is of the kind that bots make.
pub(super) fn is_bots(nick: &[u8]) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'|' | b'[' | b']' | b'{' | b'}' | b'-' | b'_' | b'\\' | b'`' | b'^');
    let parts: Vec<&[u8]> = nick.split(is_part).filter(|part| !part.is_empty()).collect();
    let marked = nick.iter().any(is_part);
    let number = parts.iter().any(|part| digits(part) >= DIGITS_MIN && digits(part) == part.len());
    let tag = parts.iter().any(|part| is_tag(part));
    (marked && number && tag) || parts.iter().any(|part| is_random(part))
}

fn digits(text: &[u8]) -> usize {
    text.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// A country, a system, or the word itself.
fn is_tag(part: &[u8]) -> bool {
    let upper = (2..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_uppercase);
    let words: [&[u8]; 6] = [b"bot", b"xp", b"win", b"new", b"rbot", b"sdbot"];
    upper || words.iter().any(|word| part.eq_ignore_ascii_case(word))
}

/// Letters without sense: capitals strewn through a word, or hardly a vowel between many consonants, with a number behind.
fn is_random(part: &[u8]) -> bool {
    let letters: Vec<u8> = part.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    if letters.len() < 5 || part.len() > 16 {
        return false;
    }
    let rises = letters.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let falls = letters.windows(2).filter(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase()).count();
    let hard = longest_run_of_consonants(&letters);
    let strewn = rises >= 2 && falls >= 2 && hard >= 3;
    let numbered = (2..=3).contains(&digits(part)) && part.last().is_some_and(u8::is_ascii_digit) && hard >= 3;
    strewn || (numbered && letters.iter().all(u8::is_ascii_lowercase) && letters.len() <= 6)
}

fn longest_run_of_consonants(letters: &[u8]) -> usize {
    let is_vowel = |letter: &u8| matches!(letter.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    letters.split(is_vowel).map(<[u8]>::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_with_numbers_and_noise_are_bots_and_names_of_people_are_not() {
        for nick in ["JPN|425015894", "Bot|9277", "[00|USA|123456]", "[x]IqRkpiH", "oomvp23", "USA|XP|0934812"] {
            assert!(is_bots(nick.as_bytes()), "{nick}");
        }
        for nick in ["alice", "bob_away", "Guest12345", "McDonald", "kjm", "slava_ukr77", "peter1984", "SaBeR", "Andreas", "__main__"] {
            assert!(!is_bots(nick.as_bytes()), "{nick}");
        }
    }
}
