//! Whether a chain of certificates leads to a public root, in the words of OpenSSL, whose verdict Zeek logs.
//!
//! The chain is built first: at each step an issuer is looked for among the roots, then among what the server sent. Only
//! a chain that reached a root is checked for fitness, then from the root downwards for signatures and dates; the first
//! complaint is the answer. The date is that of the packets.
//!
//! Source: RFC 5280 section 6 and the order of `X509_verify_cert` in OpenSSL 3. Roots: Mozilla's, from
//! `webpki-root-certs`. Left out: revocation, name constraints and policies.

use super::certificate::{self, Certificate};
use super::der::{Reader, dotted, tag};
use super::{name, oid, time};
use model::Timestamp;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The longest chain that is built (OpenSSL's default depth of 100 is never reached by honest ones).
const CHAIN_MAX: usize = 16;

/// The bit of keyUsage for signing certificates, in its first byte.
const KEY_CERT_SIGN: u8 = 0x04;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// OpenSSL's words; `None` where they depend on what is left out here.
    pub(crate) words: Option<&'static str>,
    /// OpenSSL's number for it.
    pub(crate) code: u8,
    /// Where all is well: which of the presented certificates, the host's own left out, are between it and the root.
    pub(crate) between: Vec<usize>,
}

/// A certificate with what issuers are found by.
#[derive(Clone, Debug)]
pub(crate) struct Link<'a> {
    certificate: Certificate<'a>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    key_id: Option<&'a [u8]>,
    issuer_key_id: Option<&'a [u8]>,
    issuer_serial: Option<&'a [u8]>,
    usage: Option<u8>,
}

static ROOTS: LazyLock<HashMap<Vec<u8>, Vec<Link<'static>>>> = LazyLock::new(|| {
    let mut roots: HashMap<Vec<u8>, Vec<Link<'static>>> = HashMap::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        if let Some(link) = Link::new(root) {
            roots.entry(link.subject.clone()).or_default().push(link);
        }
    }
    roots
});

impl<'a> Link<'a> {
    /// Reads a certificate.
    pub(crate) fn new(der: &'a [u8]) -> Option<Self> {
        let certificate = certificate::parse(der)?;
        let key_id =
            certificate.extension(oid::known::SUBJECT_KEY_ID).and_then(|content| Reader(content).take(tag::OCTET_STRING)).map(|id| id.body);
        let (mut issuer_key_id, mut issuer_serial) = (None, None);
        if let Some(list) = certificate.extension(oid::known::AUTHORITY_KEY_ID).and_then(|content| Reader(content).take(tag::SEQUENCE)) {
            let mut fields = list.inner();
            issuer_key_id = fields.optional(tag::context(0)).map(|id| id.body);
            fields.optional(tag::constructed(1));
            issuer_serial = fields.optional(tag::context(2)).map(|serial| serial.body);
        }
        let usage = certificate.extension(oid::known::KEY_USAGE).and_then(|content| Reader(content).take(tag::BIT_STRING)?.bits());
        Some(Self {
            subject: name::canonical(certificate.subject),
            issuer: name::canonical(certificate.issuer),
            key_id,
            issuer_key_id,
            issuer_serial,
            usage: usage.map(|bits| bits.first().copied().unwrap_or(0)),
            certificate,
        })
    }

    /// The issuer's name in the form for comparing.
    pub(crate) fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The subject's name in the form for comparing.
    pub(crate) fn subject(&self) -> &[u8] {
        &self.subject
    }

    fn ids_fit(&self, issuer: &Link<'_>) -> bool {
        let key = self.issuer_key_id.zip(issuer.key_id).is_none_or(|(wanted, has)| wanted == has);
        key && self.issuer_serial.is_none_or(|serial| serial == issuer.certificate.serial)
    }

    fn likely_from(&self, issuer: &Link<'_>) -> bool {
        self.issuer == issuer.subject && self.ids_fit(issuer) && issuer.usage.is_none_or(|bits| bits & KEY_CERT_SIGN != 0)
    }

    fn self_signed(&self) -> bool {
        self.subject == self.issuer && self.ids_fit(self)
    }

    fn valid_at(&self, at: Timestamp) -> Option<(&'static str, u8)> {
        let date = |element| time::read(element).unwrap_or_default();
        if date(self.certificate.not_before) > at {
            return Some(("certificate is not yet valid", 9));
        }
        (date(self.certificate.not_after) <= at).then_some(("certificate has expired", 10))
    }
}

/// The best of several possible issuers: one that is valid now, else the one that was valid the longest.
fn best<'l, 'a: 'l>(found: impl Iterator<Item = &'l Link<'a>>, at: Timestamp) -> Option<&'l Link<'a>> {
    let mut chosen: Option<&Link<'_>> = None;
    for link in found {
        if link.valid_at(at).is_none() {
            return Some(link);
        }
        let until = |link: &Link<'_>| time::read(link.certificate.not_after).unwrap_or_default();
        if chosen.is_none_or(|other| until(link) > until(other)) {
            chosen = Some(link);
        }
    }
    chosen
}

fn root_for(link: &Link<'_>, at: Timestamp) -> Option<&'static Link<'static>> {
    best(ROOTS.get(&link.issuer)?.iter().filter(|root| link.likely_from(root)), at)
}

/// Judges the first of `links`, with the others as what the server sent along.
pub(crate) fn verify(links: &[Link<'_>], at: Timestamp) -> Option<Verdict> {
    let (leaf, others) = links.split_first()?;
    let mut chain = vec![leaf];
    let mut between = Vec::new();
    let root = loop {
        let top = chain.last().copied().unwrap_or(leaf);
        let self_signed = top.self_signed();
        match root_for(top, at) {
            Some(root) if !self_signed => break root,
            Some(root) if root.certificate.der == top.certificate.der => {
                chain.pop();
                between.pop();
                break root;
            }
            _ => {}
        }
        let unused = others.iter().enumerate().filter(|(place, link)| !between.contains(place) && top.likely_from(link));
        let next = if self_signed || chain.len() == CHAIN_MAX { None } else { best(unused.map(|(_, link)| link), at) };
        let Some(next) = next else { return Some(dead_end(self_signed, chain.len())) };
        between.extend(others.iter().position(|link| std::ptr::eq(link, next)));
        chain.push(next);
    };
    let complaint = unfit(&chain, root).map_or_else(|| broken(&chain, root, at), Some);
    Some(match complaint {
        None => Verdict { words: Some("ok"), code: 0, between },
        Some((words, code)) => Verdict { words: (!words.is_empty()).then_some(words), code, between: Vec::new() },
    })
}

fn dead_end(self_signed: bool, length: usize) -> Verdict {
    let (words, code) = match (self_signed, length) {
        (true, 1) => ("self signed certificate", 18),
        (true, _) => ("self-signed certificate in certificate chain", 19),
        (false, _) => ("unable to get local issuer certificate", 20),
    };
    Verdict { words: Some(words), code, between: Vec::new() }
}

/// Whether all authorities are such, and the leaf is a server's.
fn unfit(chain: &[&Link<'_>], root: &Link<'_>) -> Option<(&'static str, u8)> {
    const ANY: &str = "2.5.29.37.0";
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    if let Some(purposes) = chain.first().and_then(|leaf| leaf.certificate.extension(oid::known::EXTENDED_KEY_USAGE)) {
        let mut list = Reader(purposes).take(tag::SEQUENCE).map_or(Reader(&[]), |list| list.inner());
        let ids: Vec<String> = std::iter::from_fn(|| list.any()).take(64).map(|id| dotted(id.body)).collect();
        if !ids.iter().any(|id| id == SERVER || id == ANY) {
            return Some(("unsuitable certificate purpose", 26));
        }
    }
    for (below, authority) in chain.iter().copied().chain([root]).skip(1).enumerate() {
        match authority.certificate.basic_constraints() {
            Some((true, Some(limit))) if below as u64 > limit => return Some(("path length constraint exceeded", 25)),
            Some((true, _)) => {}
            None if authority.certificate.version == 1 && authority.self_signed() => {}
            _ => return Some(("invalid CA certificate", 24)),
        }
    }
    None
}

/// Signatures and dates, from the root downwards.
fn broken(chain: &[&Link<'_>], root: &Link<'_>, at: Timestamp) -> Option<(&'static str, u8)> {
    if let Some(complaint) = root.valid_at(at) {
        return Some(complaint);
    }
    let mut issuer = root;
    for link in chain.iter().rev() {
        match signed_by(&link.certificate, &issuer.certificate) {
            Some(true) => {}
            Some(false) => return Some(("certificate signature failure", 7)),
            // A signature of a kind that can't be checked here: no words rather than wrong ones.
            None => return Some(("", u8::MAX)),
        }
        if let Some(complaint) = link.valid_at(at) {
            return Some(complaint);
        }
        issuer = link;
    }
    None
}

fn signed_by(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Option<bool> {
    let id = certificate.signature_algorithm.inner().any()?;
    let curve = issuer.key().curve;
    let algorithm: &dyn VerificationAlgorithm = match (oid::algorithm(id.body).ok()?, curve) {
        ("sha1WithRSAEncryption", None) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        ("sha256WithRSAEncryption", None) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        ("sha384WithRSAEncryption", None) => &signature::RSA_PKCS1_2048_8192_SHA384,
        ("sha512WithRSAEncryption", None) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        ("ecdsa-with-SHA256", Some("prime256v1")) => &signature::ECDSA_P256_SHA256_ASN1,
        ("ecdsa-with-SHA384", Some("prime256v1")) => &signature::ECDSA_P256_SHA384_ASN1,
        ("ecdsa-with-SHA256", Some("secp384r1")) => &signature::ECDSA_P384_SHA256_ASN1,
        ("ecdsa-with-SHA384", Some("secp384r1")) => &signature::ECDSA_P384_SHA384_ASN1,
        ("ED25519", None) => &signature::ED25519,
        _ => return None,
    };
    Some(UnparsedPublicKey::new(algorithm, issuer.key_bits).verify(certificate.tbs, certificate.signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Link<'static> {
        ROOTS.values().flatten().find(|root| root.certificate.key().curve == Some("secp384r1")).unwrap().clone()
    }

    #[test]
    fn roots_are_themselves_in_order() {
        assert!(ROOTS.len() > 80);
        let now = Timestamp::from_secs(1_750_000_000);
        let verdict = verify(&[root()], now).unwrap();
        assert_eq!((verdict.words, verdict.code), (Some("ok"), 0), "a root that a server presents is its own anchor");
        let then = verify(&[root()], Timestamp::from_secs(0)).unwrap();
        assert_eq!(then.words, Some("certificate is not yet valid"));
        assert_eq!(signed_by(&root().certificate, &root().certificate), Some(true));
    }

    #[test]
    fn what_leads_nowhere() {
        let mut stranger = root();
        stranger.subject.push(1);
        let verdict = |links: &[Link<'_>]| verify(links, Timestamp::from_secs(1_750_000_000)).unwrap().words;
        stranger.issuer.push(2);
        assert_eq!(verdict(&[stranger.clone()]), Some("unable to get local issuer certificate"));
        stranger.issuer.clone_from(&stranger.subject);
        assert_eq!(verdict(&[stranger.clone()]), Some("self signed certificate"));
        let mut child = stranger.clone();
        child.subject.push(3);
        assert_eq!(verdict(&[child, stranger]), Some("self-signed certificate in certificate chain"));
    }
}
