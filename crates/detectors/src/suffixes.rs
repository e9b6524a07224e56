//! Whether a name may end in one of many suffixes, decided by its last two labels alone.
//!
//! Every name that is asked for is held against hundreds of services, and hardly any is one of theirs. The last two labels of
//! all suffixes are a set of bits that is made when compiling; only a name whose own are in it is compared.

/// Bits of the set: with some 150 of them set, one other name in fifty is compared in vain.
const BITS: usize = 8192;

/// The last two labels of some suffixes.
pub(crate) struct Suffixes {
    bits: [u64; BITS / 64],
}

impl Suffixes {
    /// Those of some lists. Each suffix has at least two labels.
    pub(crate) const fn of(lists: &[&[&[u8]]]) -> Self {
        let mut all = Self { bits: [0; BITS / 64] };
        let mut of = 0;
        while of < lists.len() {
            let mut place = 0;
            while place < lists[of].len() {
                all = all.with(lists[of][place]);
                place += 1;
            }
            of += 1;
        }
        all
    }

    /// And one more.
    pub(crate) const fn with(mut self, suffix: &[u8]) -> Self {
        let bit = ending(suffix);
        self.bits[bit / 64] |= 1 << (bit % 64);
        self
    }

    /// Whether a name may be one of them or below one.
    pub(crate) fn may_end(&self, name: &[u8]) -> bool {
        let bit = ending(name);
        self.bits.get(bit / 64).is_some_and(|bits| (bits >> (bit % 64)) & 1 != 0)
    }
}

/// The bit of a name's last two labels, whatever the case of their letters, with or without the dot at the end.
const fn ending(name: &[u8]) -> usize {
    let mut at = name.len();
    if at > 0 && name[at - 1] == b'.' {
        at -= 1;
    }
    let (mut hash, mut dots) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at > 0 {
        at -= 1;
        if name[at] == b'.' {
            dots += 1;
            if dots == 2 {
                break;
            }
        }
        hash = (hash ^ name[at].to_ascii_lowercase() as u64).wrapping_mul(0x100_0000_01b3);
    }
    (hash ^ (hash >> 29)) as usize % BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_suffixes_may_and_hardly_any_other_may() {
        static SOME: Suffixes = Suffixes::of(&[&[b"duckdns.org", b"us.to"], &[b"dyn.home-webserver.de"]]).with(b"ngrok.io");
        for name in ["a.duckdns.org", "DuckDNS.org.", "x.us.to", "us.to", "a.dyn.home-webserver.de", "b.a.NGROK.io"] {
            assert!(SOME.may_end(name.as_bytes()), "{name}");
        }
        let others = (0..10_000).filter(|number| SOME.may_end(format!("www.name{number}.org").as_bytes())).count();
        assert!(others < 50, "{others} of 10,000");
        assert!(!SOME.may_end(b"") && !SOME.may_end(b".") && !SOME.may_end(b"org"));
    }
}
