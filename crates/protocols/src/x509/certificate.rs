//! A certificate as far as it is logged and checked (RFC 5280 section 4.1).
//!
//! ```text
//! Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }
//! tbsCertificate ::= SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, key, ..., [3] extensions }
//! ```

use super::der::{Element, Reader, dotted, tag};
use super::{name, oid};
use model::Addr;

/// Extensions beyond this many are not looked at; real certificates have about ten.
const EXTENSIONS_MAX: usize = 64;

/// Names in one certificate beyond this many are not listed; the largest in the wild have some hundreds.
const NAMES_MAX: usize = 4096;

/// An extension: identifier, whether it is critical, content.
pub(crate) type Extension<'a> = (&'a [u8], bool, &'a [u8]);

/// A certificate: borrowed pieces of its DER.
#[derive(Clone, Debug)]
pub(crate) struct Certificate<'a> {
    /// The whole, without what follows it.
    pub(crate) der: &'a [u8],
    /// What is signed.
    pub(crate) tbs: &'a [u8],
    /// 1, 2 or 3.
    pub(crate) version: u64,
    /// The serial number's content bytes.
    pub(crate) serial: &'a [u8],
    /// The issuer's name, its content.
    pub(crate) issuer: &'a [u8],
    /// The subject's name, its content.
    pub(crate) subject: &'a [u8],
    /// Start of validity.
    pub(crate) not_before: Element<'a>,
    /// End of validity.
    pub(crate) not_after: Element<'a>,
    /// The key's algorithm.
    pub(crate) key_algorithm: &'a [u8],
    /// The signature's algorithm (the outer one): the whole AlgorithmIdentifier.
    pub(crate) signature_algorithm: Element<'a>,
    /// The signature.
    pub(crate) signature: &'a [u8],
    /// The extensions: identifier, whether critical, content.
    pub(crate) extensions: Vec<Extension<'a>>,
    /// The public key itself.
    pub(crate) key_bits: &'a [u8],
    key_parameters: &'a [u8],
}

/// What kind of key a certificate has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// `rsa`, `dsa`, `ecdsa` or the algorithm's name.
    pub(crate) kind: Option<&'static str>,
    /// Its size in bits.
    pub(crate) bits: Option<u64>,
    /// RSA's exponent, decimal.
    pub(crate) exponent: Option<String>,
    /// The curve.
    pub(crate) curve: Option<&'static str>,
}

/// The subject's other names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AltNames {
    /// Host names.
    pub(crate) dns: Vec<Vec<u8>>,
    /// URIs.
    pub(crate) uri: Vec<Vec<u8>>,
    /// Mail addresses.
    pub(crate) email: Vec<Vec<u8>>,
    /// Addresses.
    pub(crate) ip: Vec<Addr>,
}

/// Reads a certificate; bytes after it are ignored, as OpenSSL ignores them.
pub(crate) fn parse(bytes: &[u8]) -> Option<Certificate<'_>> {
    let outer = Reader(bytes).take(tag::SEQUENCE)?;
    let mut parts = outer.inner();
    let tbs = parts.take(tag::SEQUENCE)?;
    let signature_algorithm = parts.take(tag::SEQUENCE)?;
    let signature = parts.take(tag::BIT_STRING)?.bits()?;
    let mut fields = tbs.inner();
    let version = match fields.optional(tag::constructed(0)) {
        Some(explicit) => explicit.inner().take(tag::INTEGER)?.body.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)),
        None => 0,
    };
    let serial = fields.take(tag::INTEGER)?.body;
    fields.take(tag::SEQUENCE)?;
    let issuer = fields.take(tag::SEQUENCE)?.body;
    let mut validity = fields.take(tag::SEQUENCE)?.inner();
    let (not_before, not_after) = (validity.any()?, validity.any()?);
    let subject = fields.take(tag::SEQUENCE)?.body;
    let spki = fields.take(tag::SEQUENCE)?;
    let mut key = spki.inner();
    let mut algorithm = key.take(tag::SEQUENCE)?.inner();
    let key_algorithm = algorithm.take(tag::OID)?.body;
    let key_parameters = algorithm.0;
    let key_bits = key.take(tag::BIT_STRING)?.bits()?;
    fields.optional(tag::context(1));
    fields.optional(tag::context(2));
    let extensions = match fields.optional(tag::constructed(3)) {
        Some(explicit) => extensions(explicit)?,
        None => Vec::new(),
    };
    Some(Certificate {
        der: outer.whole,
        tbs: tbs.whole,
        version: version.saturating_add(1),
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        key_algorithm,
        signature_algorithm,
        signature,
        extensions,
        key_parameters,
        key_bits,
    })
}

fn extensions(explicit: Element<'_>) -> Option<Vec<Extension<'_>>> {
    let mut found = Vec::new();
    let mut list = explicit.inner().take(tag::SEQUENCE)?.inner();
    while let Some(extension) = list.any() {
        let mut fields = extension.inner();
        let id = fields.take(tag::OID)?.body;
        let critical = fields.optional(tag::BOOLEAN).is_some_and(|flag| flag.body.first().is_some_and(|&byte| byte != 0));
        found.push((id, critical, fields.take(tag::OCTET_STRING)?.body));
        if found.len() == EXTENSIONS_MAX {
            break;
        }
    }
    Some(found)
}

impl<'a> Certificate<'a> {
    /// The content of an extension.
    pub(crate) fn extension(&self, wanted: &str) -> Option<&'a [u8]> {
        self.extensions.iter().find(|(id, ..)| dotted(id) == wanted).map(|&(_, _, content)| content)
    }

    /// Kind and size of the key; empty where it can't be read.
    pub(crate) fn key(&self) -> Key {
        match dotted(self.key_algorithm).as_str() {
            oid::known::RSA => self.rsa_key().unwrap_or_default(),
            oid::known::EC => self.curve_key().unwrap_or_default(),
            oid::known::DSA => {
                let modulus = Reader(self.key_parameters).optional(tag::SEQUENCE).and_then(|list| list.inner().take(tag::INTEGER));
                modulus.map_or_else(Key::default, |p| Key { kind: Some("dsa"), bits: Some(bit_length(p.body)), ..Key::default() })
            }
            _ => self.other_key(),
        }
    }

    fn rsa_key(&self) -> Option<Key> {
        let mut numbers = Reader(self.key_bits).take(tag::SEQUENCE)?.inner();
        let (modulus, exponent) = (numbers.take(tag::INTEGER)?, numbers.take(tag::INTEGER)?);
        Some(Key { kind: Some("rsa"), bits: Some(bit_length(modulus.body)), exponent: Some(decimal(exponent.body)), curve: None })
    }

    /// A key over a curve, which has a name or is spelt out (RFC 3279 section 2.3.5).
    fn curve_key(&self) -> Option<Key> {
        let mut parameters = Reader(self.key_parameters);
        if let Some(id) = parameters.optional(tag::OID) {
            let (curve, bits) = oid::curve(id.body)?;
            return Some(Key { kind: Some("ecdsa"), bits: Some(bits.into()), exponent: None, curve: Some(curve) });
        }
        let mut fields = parameters.take(tag::SEQUENCE)?.inner();
        let _equation = (fields.take(tag::INTEGER)?, fields.take(tag::SEQUENCE)?, fields.take(tag::SEQUENCE)?);
        let (generator, order) = (fields.take(tag::OCTET_STRING)?, fields.take(tag::INTEGER)?);
        // OpenSSL refuses a key over any other curve.
        let curve = oid::spelt_out(order.body, generator.body)?;
        Some(Key { kind: Some("ecdsa"), bits: Some(bit_length(order.body)), exponent: None, curve: Some(curve) })
    }

    fn other_key(&self) -> Key {
        let Ok(kind) = oid::algorithm(self.key_algorithm) else { return Key::default() };
        let bits = match kind {
            "X25519" => 253,
            "ED25519" => 256,
            "X448" => 448,
            "ED448" => 456,
            name if name.starts_with("ML-DSA") => self.key_bits.len() as u64 * 8,
            _ => return Key::default(),
        };
        Key { kind: Some(kind), bits: Some(bits), ..Key::default() }
    }

    /// The subjectAltName extension; `None` where there is none or it can't be read.
    pub(crate) fn alt_names(&self) -> Option<AltNames> {
        let mut names = AltNames::default();
        let mut list = Reader(self.extension(oid::known::SUBJECT_ALT_NAME)?).take(tag::SEQUENCE)?.inner();
        for _ in 0..NAMES_MAX {
            let Some(entry) = list.any() else { break };
            match entry.tag {
                t if t == tag::context(1) => names.email.push(entry.body.to_vec()),
                t if t == tag::context(2) => names.dns.push(entry.body.to_vec()),
                t if t == tag::context(6) => names.uri.push(entry.body.to_vec()),
                t if t == tag::context(7) => names.ip.extend(Addr::from_slice(entry.body)),
                _ => {}
            }
        }
        Some(names)
    }

    /// The basicConstraints extension: whether it is an authority's, and the longest path under it.
    pub(crate) fn basic_constraints(&self) -> Option<(bool, Option<u64>)> {
        let mut fields = Reader(self.extension(oid::known::BASIC_CONSTRAINTS)?).take(tag::SEQUENCE)?.inner();
        let authority = fields.optional(tag::BOOLEAN).is_some_and(|flag| flag.body.first().is_some_and(|&byte| byte != 0));
        let path = fields.optional(tag::INTEGER).map(|number| number.body.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)));
        Some((authority, path))
    }

    /// Whether the certificate is for this host (RFC 6125 as OpenSSL's `X509_check_host` reads it): its alternative names
    /// or, where it has no host names there, its common name.
    pub(crate) fn is_for(&self, host: &[u8]) -> bool {
        let names = self.alt_names().unwrap_or_default();
        if host.is_empty() {
            return false;
        }
        if !names.dns.is_empty() {
            return names.dns.iter().any(|pattern| matches_host(pattern, host));
        }
        // Of several common names the last, which stands nearest to the subject, is the one that Zeek looks at.
        name::values(self.subject, oid::known::COMMON_NAME).last().is_some_and(|pattern| matches_host(pattern, host))
    }
}

/// Whether a host name fits a pattern: equal without regard to case, or with one star in the leftmost label of a
/// pattern of at least three labels.
fn matches_host(pattern: &[u8], host: &[u8]) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(star) = pattern.iter().position(|&byte| byte == b'*') else { return false };
    let (head, tail) = (&pattern[..star], &pattern[star + 1..]);
    let dots = tail.iter().filter(|&&byte| byte == b'.').count();
    if dots < 2 || head.contains(&b'.') || tail.contains(&b'*') || host.len() < head.len() + tail.len() {
        return false;
    }
    let middle = &host[head.len()..host.len() - tail.len()];
    let whole_label = head.is_empty() && tail.first() == Some(&b'.');
    if whole_label && middle.is_empty() || !whole_label && host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--")) {
        return false;
    }
    host[..head.len()].eq_ignore_ascii_case(head)
        && host[host.len() - tail.len()..].eq_ignore_ascii_case(tail)
        && middle.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn bit_length(number: &[u8]) -> u64 {
    let digits = number.iter().position(|&byte| byte != 0).map_or(&[][..], |at| &number[at..]);
    digits.first().map_or(0, |first| digits.len() as u64 * 8 - u64::from(first.leading_zeros()))
}

/// A number as decimal digits; exponents longer than sixteen bytes, which no key uses, as nothing.
fn decimal(number: &[u8]) -> String {
    let digits = number.iter().position(|&byte| byte != 0).map_or(&[][..], |at| &number[at..]);
    if digits.len() > 16 {
        return String::new();
    }
    digits.iter().fold(0u128, |sum, &byte| sum << 8 | u128::from(byte)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_fit_patterns_as_openssl_has_it() {
        for (pattern, host, fits) in [
            ("www.example.org", "WWW.example.org", true),
            ("*.example.org", "a.example.org", true),
            ("*.example.org", "a.b.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.org", "example.org", false),
            ("f*.example.org", "foo.example.org", true),
            ("f*.example.org", "xn--foo.example.org", false),
            ("a.*.org", "a.b.org", false),
        ] {
            assert_eq!(matches_host(pattern.as_bytes(), host.as_bytes()), fits, "{pattern} {host}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(bit_length(&[0, 0x80, 0]), 16);
        assert_eq!(bit_length(&[1]), 1);
        assert_eq!(decimal(&[1, 0, 1]), "65537");
        assert_eq!(decimal(&[0; 1]), "0");
    }

    #[test]
    fn broken_certificates_are_refused() {
        assert!(parse(&[]).is_none());
        assert!(parse(&[0x30, 3, 0x30, 1, 0]).is_none());
    }
}
