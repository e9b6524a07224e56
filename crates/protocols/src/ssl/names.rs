//! Words for the numbers of TLS: versions, curves, alerts and cipher suites, as Zeek writes them.
//!
//! Source: the IANA TLS registries; the spelling is that of Zeek's logs.

use super::suites::SUITES;
use model::Value;

/// SSL 2.0.
pub(crate) const SSL_V2: u16 = 0x0002;
/// SSL 3.0.
pub(crate) const SSL_V3: u16 = 0x0300;
/// TLS 1.0.
pub(crate) const TLS_V10: u16 = 0x0301;
/// TLS 1.1.
pub(crate) const TLS_V11: u16 = 0x0302;
/// TLS 1.2.
pub(crate) const TLS_V12: u16 = 0x0303;
/// TLS 1.3.
pub(crate) const TLS_V13: u16 = 0x0304;
/// DTLS 1.0.
pub(crate) const DTLS_V10: u16 = 0xfeff;
/// DTLS 1.2.
pub(crate) const DTLS_V12: u16 = 0xfefd;
/// DTLS 1.3.
pub(crate) const DTLS_V13: u16 = 0xfefc;

static CURVES: &[(u32, &str)] = &[
    (1, "sect163k1"),
    (2, "sect163r1"),
    (3, "sect163r2"),
    (4, "sect193r1"),
    (5, "sect193r2"),
    (6, "sect233k1"),
    (7, "sect233r1"),
    (8, "sect239k1"),
    (9, "sect283k1"),
    (10, "sect283r1"),
    (11, "sect409k1"),
    (12, "sect409r1"),
    (13, "sect571k1"),
    (14, "sect571r1"),
    (15, "secp160k1"),
    (16, "secp160r1"),
    (17, "secp160r2"),
    (18, "secp192k1"),
    (19, "secp192r1"),
    (20, "secp224k1"),
    (21, "secp224r1"),
    (22, "secp256k1"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (29, "x25519"),
    (30, "x448"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (34, "GC256A"),
    (35, "GC256B"),
    (36, "GC256C"),
    (37, "GC256D"),
    (38, "GC512A"),
    (39, "GC512B"),
    (40, "GC512C"),
    (41, "curveSM2"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (512, "MLKEM512"),
    (513, "MLKEM768"),
    (514, "MLKEM1024"),
    (4587, "SecP256r1MLKEM768"),
    (4588, "X25519MLKEM768"),
    (4589, "SecP384r1MLKEM1024"),
    (4590, "curveSM2MLKEM768"),
    (16696, "CECPQ2"),
    (25497, "X25519Kyber768Draft00"),
    (25498, "SecP256r1Kyber768Draft00"),
    (0xff01, "arbitrary_explicit_prime_curves"),
    (0xff02, "arbitrary_explicit_char2_curves"),
];

static ALERTS: &[(u32, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (117, "general_error"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

fn lookup(table: &'static [(u32, &'static str)], number: u32) -> Option<&'static str> {
    table.binary_search_by_key(&number, |&(key, _)| key).ok().map(|at| table[at].1)
}

fn named(table: &'static [(u32, &'static str)], number: u32) -> Value {
    lookup(table, number).map_or_else(|| Value::from(format!("unknown-{number}")), Value::Static)
}

/// The version's name; drafts of TLS 1.3 by their number.
pub(crate) fn version(number: u16) -> Value {
    Value::Static(match number {
        SSL_V2 => "SSLv2",
        SSL_V3 => "SSLv3",
        TLS_V10 => "TLSv10",
        TLS_V11 => "TLSv11",
        TLS_V12 => "TLSv12",
        TLS_V13 => "TLSv13",
        DTLS_V10 => "DTLSv10",
        DTLS_V12 => "DTLSv12",
        DTLS_V13 => "DTLSv13",
        // Zeek divides by 0xff and 0x7f here, not by 0x100; for the drafts that existed the outcome is the same.
        draft if draft / 0xff == 0x7f => return Value::from(format!("TLSv13-draft{}", draft % 0x7f)),
        other => return Value::from(format!("unknown-{other}")),
    })
}

/// The cipher suite's name.
pub(crate) fn cipher(number: u32) -> Value {
    named(SUITES, number)
}

/// The cipher suite's name where it has one.
pub(crate) fn cipher_name(number: u32) -> Option<&'static str> {
    lookup(SUITES, number)
}

/// The group's name.
pub(crate) fn curve(number: u16) -> Value {
    if is_grease(number) {
        return Value::from(format!("grease_0x{number:04X}"));
    }
    named(CURVES, number.into())
}

/// The alert's name.
pub(crate) fn alert(number: u32) -> Value {
    named(ALERTS, number)
}

/// Whether a number is one of the reserved ones that clients sprinkle in (RFC 8701).
pub(crate) const fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_order() {
        for table in [SUITES, CURVES, ALERTS] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn names_are_zeeks() {
        assert_eq!(version(0x7f12), Value::from("TLSv13-draft18".to_owned()));
        assert_eq!(version(64282), Value::from("unknown-64282".to_owned()));
        assert_eq!(cipher(0xc02f), Value::Static("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assert_eq!(cipher(0xc015), Value::Static("TLS_ECDH_ANON_WITH_NULL_SHA"));
        assert_eq!(cipher(0xc0ff), Value::from("unknown-49407".to_owned()));
        assert_eq!(curve(29), Value::Static("x25519"));
        assert_eq!(alert(70), Value::Static("protocol_version"));
        assert!(is_grease(0xdada) && !is_grease(0x0a1a));
    }
}
