//! Countries and autonomous systems of addresses, from any files in MaxMind's format that the user names.
//!
//! The makers of such files name their columns differently: MaxMind and DB-IP nest the country (`country.iso_code`), others
//! write `country_code`, and IPinfo a plain `country` and `asn` as text. All of these are understood; of several files the first
//! that knows an address answers. Source: the MaxMind DB format 2.0.

mod centres;

use contract::Spot;
use maxminddb::{MaxMindDbError, Reader};
use model::Addr;
use serde::Deserialize;
use std::fmt;

/// Files that are asked for one address: a country's and a system's for both families.
const FILES_MAX: usize = 8;

/// Files of countries and systems.
#[derive(Default)]
pub struct Geo {
    files: Vec<Reader<Vec<u8>>>,
}

impl fmt::Debug for Geo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Geo({} files)", self.files.len())
    }
}

/// What a file may say of an address.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    country: Option<Country<'a>>,
    #[serde(borrow, default)]
    registered_country: Option<Country<'a>>,
    #[serde(default)]
    country_code: Option<&'a str>,
    #[serde(default)]
    autonomous_system_number: Option<u32>,
    #[serde(default)]
    autonomous_system_organization: Option<&'a str>,
    #[serde(borrow, default)]
    asn: Option<Number<'a>>,
    #[serde(default)]
    as_name: Option<&'a str>,
    #[serde(default)]
    location: Option<Location>,
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
}

/// Where, as files of cities say it.
#[derive(Deserialize)]
struct Location {
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
    #[serde(default)]
    accuracy_radius: Option<u16>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Country<'a> {
    Nested {
        #[serde(default)]
        iso_code: Option<&'a str>,
    },
    Plain(&'a str),
}

/// `15169` or `AS15169`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number<'a> {
    Plain(u32),
    Text(&'a str),
}

impl Geo {
    /// Adds a file by its bytes.
    ///
    /// # Errors
    /// Where the bytes are no such file, or there are too many.
    pub fn add(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        if self.files.len() >= FILES_MAX {
            return Err(format!("more than {FILES_MAX} files; each address is looked up in all of them"));
        }
        let reader = Reader::from_source(bytes).map_err(|error| match error {
            MaxMindDbError::InvalidDatabase { .. } => "is no file in MaxMind's format (.mmdb)".to_owned(),
            other => other.to_string().to_lowercase(),
        })?;
        self.files.push(reader);
        Ok(())
    }

    fn entries(&self, addr: Addr) -> impl Iterator<Item = Entry<'_>> {
        self.files.iter().filter_map(move |file| file.lookup(addr.to_ip()).ok()?.decode::<Entry<'_>>().ok()?)
    }

    /// The country of an address, ISO 3166 in upper case.
    pub fn country(&self, addr: Addr) -> Option<[u8; 2]> {
        self.entries(addr).find_map(|entry| {
            let of = |country: &Country<'_>| match country {
                Country::Nested { iso_code } => iso_code.and_then(code),
                Country::Plain(text) => code(text),
            };
            let direct = entry.country.as_ref().and_then(of).or_else(|| entry.country_code.and_then(code));
            direct.or_else(|| entry.registered_country.as_ref().and_then(of))
        })
    }

    /// Where an address is used: the city's place, or else its country's.
    pub fn spot(&self, addr: Addr) -> Option<Spot> {
        /// How far a city's addresses are from where a file puts them, in kilometres, where it does not say.
        const CITY_KM: f64 = 100.0;
        let city = self.entries(addr).find_map(|entry| {
            let nested = entry.location.as_ref().and_then(|at| Some((at.latitude?, at.longitude?, at.accuracy_radius)));
            let plain = || Some((entry.latitude?, entry.longitude?, None));
            nested.or_else(plain)
        });
        match city {
            Some((latitude, longitude, radius)) if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
                Some(Spot { latitude, longitude, radius_km: radius.map_or(CITY_KM, f64::from) })
            }
            _ => {
                let (latitude, longitude, radius_km) = centres::of(self.country(addr)?)?;
                Some(Spot { latitude, longitude, radius_km })
            }
        }
    }

    /// The autonomous system of an address.
    pub fn system(&self, addr: Addr) -> Option<(u32, &str)> {
        self.entries(addr).find_map(|entry| {
            let number = entry.autonomous_system_number.or(match entry.asn {
                Some(Number::Plain(number)) => Some(number),
                Some(Number::Text(text)) => text.trim_start_matches("AS").parse().ok(),
                None => None,
            })?;
            Some((number, entry.autonomous_system_organization.or(entry.as_name).unwrap_or_default()))
        })
    }
}

fn code(text: &str) -> Option<[u8; 2]> {
    let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
    letters.iter().all(u8::is_ascii_alphabetic).then(|| letters.map(|letter| letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    /// Text as the format holds it: a length from 29 on stands in a byte of its own.
    fn text(text: &str) -> Vec<u8> {
        let mut out = match text.len() as u8 {
            short @ 0..29 => vec![0x40 | short],
            long => vec![0x40 | 29, long - 29],
        };
        out.extend_from_slice(text.as_bytes());
        out
    }

    fn number(value: u32) -> Vec<u8> {
        [&[0xc4_u8][..], &value.to_be_bytes()].concat()
    }

    fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut out = vec![0xe0 | pairs.len() as u8];
        for (key, value) in pairs {
            out.extend_from_slice(&text(key));
            out.extend_from_slice(value);
        }
        out
    }

    /// A file for IPv4 in which the upper half of all addresses has this entry.
    fn file(entry: &[u8]) -> Vec<u8> {
        // One node with two records of 24 bits: nothing (the number of nodes), and the data at 0.
        let mut out = vec![0, 0, 1, 0, 0, 1 + 16];
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(entry);
        out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        let short = |value: u16| [&[0xa2_u8][..], &value.to_be_bytes()].concat();
        out.extend_from_slice(&map(&[
            ("node_count", number(1)),
            ("record_size", short(24)),
            ("ip_version", short(4)),
            ("database_type", text("test")),
            ("binary_format_major_version", short(2)),
            ("binary_format_minor_version", short(0)),
            ("build_epoch", vec![0x08, 0x02, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("languages", vec![0x00, 0x04]),
            ("description", map(&[])),
        ]));
        out
    }

    fn ip(text: &str) -> Addr {
        text.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn the_columns_of_all_makers_are_understood() {
        let check = |entry: &[(&str, Vec<u8>)], country: Option<&[u8; 2]>, system: Option<(u32, &str)>| {
            let mut geo = Geo::default();
            geo.add(file(&map(entry))).expect("a file");
            assert_eq!(geo.country(ip("200.1.2.3")).as_ref(), country);
            assert_eq!(geo.system(ip("200.1.2.3")), system);
            assert_eq!((geo.country(ip("10.0.0.1")), geo.system(ip("10.0.0.1"))), (None, None));
        };
        check(&[("country", map(&[("iso_code", text("JP"))]))], Some(b"JP"), None);
        check(&[("country_code", text("de"))], Some(b"DE"), None);
        check(&[("country", text("FR")), ("asn", text("AS64500")), ("as_name", text("Example"))], Some(b"FR"), Some((64_500, "Example")));
        let system = [("autonomous_system_number", number(64_501)), ("autonomous_system_organization", text("Other"))];
        check(&system, None, Some((64_501, "Other")));
        check(&[("asn", number(7))], None, Some((7, "")));
        check(&[("country_code", text("None"))], None, None);
    }

    #[test]
    fn the_first_file_that_knows_answers() {
        let mut geo = Geo::default();
        geo.add(file(&map(&[("asn", number(7))]))).expect("a file");
        geo.add(file(&map(&[("country_code", text("JP")), ("asn", number(8))]))).expect("a file");
        assert_eq!((geo.country(ip("200.1.2.3")), geo.system(ip("200.1.2.3"))), (Some(*b"JP"), Some((7, ""))));
        assert!(geo.add(b"no such file".to_vec()).is_err());
    }

    #[test]
    fn a_real_file_is_read_where_there_is_one() {
        #[expect(clippy::disallowed_methods, reason = "a test looks at the machine that it runs on")]
        let home = std::env::var("HOME").unwrap_or_default();
        let path = std::path::Path::new(&home).join(".cache/hyakuyo/geo/dbip-country.mmdb");
        #[expect(clippy::disallowed_methods, reason = "a test looks at the machine that it runs on")]
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: there is no {} (`make geo` fetches it)", path.display());
            return;
        };
        let mut geo = Geo::default();
        geo.add(bytes).expect("DB-IP's file");
        assert_eq!(geo.country(ip("133.11.0.1")), Some(*b"JP"));
        assert_eq!(geo.country(ip("2001:200::1")), Some(*b"JP"));
        assert_eq!(geo.country(ip("10.0.0.1")), None);
    }
}
