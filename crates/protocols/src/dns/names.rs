//! Names of the numbers in DNS messages, as the log prints them (IANA's "DNS Parameters" registry, with Zeek's spellings).

use model::Value;

/// Looks a number up in a table that is sorted by number.
fn find(table: &[(u16, &'static str)], number: u16) -> Option<&'static str> {
    table.binary_search_by_key(&number, |row| row.0).ok().map(|at| table[at].1)
}

fn named(table: &[(u16, &'static str)], number: u16, prefix: &str) -> Value {
    find(table, number).map_or_else(|| Value::from(format!("{prefix}{number}")), Value::from)
}

/// The name of a record type: `AAAA`, or `query-288` for one without a name.
pub fn qtype(number: u16) -> Value {
    named(TYPES, number, "query-")
}

/// The same as bytes, for texts that contain it.
pub fn qtype_text(number: u16) -> String {
    find(TYPES, number).map_or_else(|| format!("query-{number}"), str::to_owned)
}

/// The name of a class: `C_INTERNET`, or `qclass-32769`.
pub fn qclass(number: u16) -> Value {
    named(CLASSES, number, "qclass-")
}

/// The name of a response code of the header, which has four bits.
pub fn rcode(number: u8) -> Value {
    const NAMES: [&str; 16] = [
        "NOERROR",
        "FORMERR",
        "SERVFAIL",
        "NXDOMAIN",
        "NOTIMP",
        "REFUSED",
        "YXDOMAIN",
        "YXRRSET",
        "NXRRSet",
        "NOTAUTH",
        "NOTZONE",
        "unassigned-11",
        "unassigned-12",
        "unassigned-13",
        "unassigned-14",
        "unassigned-15",
    ];
    Value::from(NAMES[usize::from(number & 0xf)])
}

/// The name of an operation, which NetBIOS names differently.
pub fn opcode(number: u8, netbios: bool) -> Value {
    let number = u16::from(number);
    if netbios { named(NETBIOS_OPCODES, number, "netbios-opcode-") } else { named(OPCODES, number, "opcode-") }
}

const OPCODES: &[(u16, &str)] = &[(0, "query"), (1, "iquery"), (2, "server-status"), (4, "notify"), (5, "dynamic-update"), (6, "dso")];

/// RFC 1002 section 4.2.1.1.
const NETBIOS_OPCODES: &[(u16, &str)] =
    &[(0, "netbios-query"), (5, "netbios-registration"), (6, "netbios-release"), (7, "netbios-wack"), (8, "netbios-refresh")];

const CLASSES: &[(u16, &str)] = &[(1, "C_INTERNET"), (2, "C_CSNET"), (3, "C_CHAOS"), (4, "C_HESIOD"), (254, "C_NONE"), (255, "C_ANY")];

const TYPES: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP-PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (31, "EID"),
    (32, "NIMLOC"),
    (33, "SRV"),
    (34, "ATMA"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (40, "SINK"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (56, "NINFO"),
    (57, "RKEY"),
    (58, "TALINK"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (99, "SPF"),
    (100, "UINFO"),
    (101, "UID"),
    (102, "GID"),
    (103, "UNSPEC"),
    (104, "NID"),
    (105, "L32"),
    (106, "L64"),
    (107, "LP"),
    (108, "EUI48"),
    (109, "EUI64"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "*"),
    (256, "URI"),
    (257, "CAA"),
    (32768, "TA"),
    (32769, "DLV"),
    (65281, "WINS"),
    (65282, "WINS-R"),
    (65422, "XPF"),
    (65521, "INTEGRITY"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_answer() {
        for table in [TYPES, CLASSES, OPCODES, NETBIOS_OPCODES] {
            assert!(table.is_sorted_by_key(|row| row.0));
        }
        assert_eq!(qtype(28), Value::from("AAAA"));
        assert_eq!(qtype(288), Value::from("query-288".to_owned()));
        assert_eq!(qclass(32769), Value::from("qclass-32769".to_owned()));
        assert_eq!(opcode(5, true), Value::from("netbios-registration"));
        assert_eq!(opcode(5, false), Value::from("dynamic-update"));
    }
}
