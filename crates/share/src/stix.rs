//! A STIX 2.1 bundle (OASIS): indicators with patterns, what was observed, the malware and whom it talks to, the techniques, how they
//! hang together, and a report over all of it.

use crate::{Sharing, attack, uuid};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use story::{Incident, Indicator};

/// Relationships are made between so many things at most: a bundle that a receiver can draw.
const LINKS_MAX: usize = 2_000;

/// The bundle.
pub(crate) fn bundle(sharing: &Sharing<'_>) -> Value {
    let mut maker = Maker::new(sharing);
    for incident in &sharing.story.incidents {
        maker.incident(incident);
    }
    let indicators: Vec<&Indicator> = sharing.indicators().collect();
    for one in indicators {
        maker.indicator(one);
    }
    maker.finish()
}

struct Maker<'a> {
    sharing: &'a Sharing<'a>,
    by: String,
    at: String,
    objects: Vec<Value>,
    ids: BTreeSet<String>,
    malware: Vec<String>,
    techniques: BTreeSet<String>,
    links: usize,
}

impl<'a> Maker<'a> {
    fn new(sharing: &'a Sharing<'a>) -> Self {
        let by = format!("identity--{}", uuid::of(uuid::OWN, &format!("identity {}", sharing.by)));
        let at = sharing.newest();
        let class = if sharing.by == "Hyakuyo" { "system" } else { "organization" };
        let mut maker =
            Self { sharing, by, at, objects: Vec::new(), ids: BTreeSet::new(), malware: Vec::new(), techniques: BTreeSet::new(), links: 0 };
        maker.objects.push(sharing.tlp.object());
        let own = maker.by.clone();
        maker.domain("identity", own, json!({ "name": sharing.by, "identity_class": class }));
        maker
    }

    /// Adds an object of the domain (or a relationship) once, with all that every one of them has.
    fn domain(&mut self, ty: &str, id: String, more: Value) -> String {
        if !self.ids.insert(id.clone()) {
            return id;
        }
        let mut object = Map::new();
        object.insert("type".to_owned(), json!(ty));
        object.insert("spec_version".to_owned(), json!("2.1"));
        object.insert("id".to_owned(), json!(id));
        if id != self.by {
            object.insert("created_by_ref".to_owned(), json!(self.by));
        }
        object.insert("created".to_owned(), json!(self.at));
        object.insert("modified".to_owned(), json!(self.at));
        if let Value::Object(more) = more {
            object.extend(more);
        }
        object.insert("object_marking_refs".to_owned(), json!([self.sharing.tlp.id()]));
        self.objects.push(Value::Object(object));
        id
    }

    /// Adds something observable once; its id is the hash of the values that make it what it is.
    fn observable(&mut self, ty: &str, key: &Value, more: &Value) -> String {
        let id = format!("{ty}--{}", uuid::of(uuid::OBSERVABLES, &key.to_string()));
        if self.ids.insert(id.clone()) {
            let mut object = Map::new();
            object.insert("type".to_owned(), json!(ty));
            object.insert("spec_version".to_owned(), json!("2.1"));
            object.insert("id".to_owned(), json!(id));
            for part in [key, more] {
                object.extend(part.as_object().cloned().unwrap_or_default());
            }
            object.insert("object_marking_refs".to_owned(), json!([self.sharing.tlp.id()]));
            self.objects.push(Value::Object(object));
        }
        id
    }

    fn address(&mut self, address: &str) -> String {
        let ty = if address.contains(':') { "ipv6-addr" } else { "ipv4-addr" };
        self.observable(ty, &json!({ "value": address }), &json!({}))
    }

    fn link(&mut self, kind: &str, from: &str, to: &str) {
        if self.links < LINKS_MAX {
            self.links += 1;
            let id = format!("relationship--{}", uuid::of(uuid::OWN, &format!("{kind} {from} {to}")));
            self.domain("relationship", id, json!({ "relationship_type": kind, "source_ref": from, "target_ref": to }));
        }
    }

    fn technique(&mut self, technique: &str) -> String {
        let id = format!("attack-pattern--{}", uuid::of(uuid::OWN, &format!("attack-pattern {technique}")));
        self.techniques.insert(id.clone());
        let reference = json!([{ "source_name": "mitre-attack", "external_id": technique, "url": attack::url(technique) }]);
        self.domain("attack-pattern", id, json!({ "name": attack::name(technique), "external_references": reference }))
    }

    /// A host with what was seen of it: its source, whom it called, what it did.
    fn incident(&mut self, incident: &Incident) {
        let (sharing, clean) = (self.sharing, |text: &str| !text.is_empty() && self.sharing.veil.text(text) == text);
        let host = sharing.veil.host(&incident.host);
        let victim = format!("identity--{}", uuid::of(uuid::OWN, &format!("host {host}")));
        let victim = self.domain("identity", victim, json!({ "name": host, "identity_class": "system", "roles": [incident.part] }));
        let mut seen = Vec::new();
        if clean(&incident.host) {
            seen.push(self.address(&incident.host));
        }
        let mut malware = None;
        if let Some(source) = &incident.source {
            let address = clean(&source.address).then(|| self.address(&source.address));
            let name = clean(&source.name).then(|| self.observable("domain-name", &json!({ "value": source.name }), &json!({})));
            let url = clean(&source.url).then(|| self.observable("url", &json!({ "value": source.url }), &json!({})));
            let file = clean(&source.sha256).then(|| self.file(source));
            if let Some(file) = &file {
                malware = Some(self.malware(source, file));
            }
            if let (Some(name), Some(address)) = (&name, &address) {
                self.link("resolves-to", name, address);
            }
            seen.extend([address, name, url, file].into_iter().flatten());
        }
        let mut homes = BTreeSet::new();
        let mut count = 0;
        for finding in sharing.story.findings.iter().filter(|finding| finding.incident == incident.id) {
            count += finding.count;
            for technique in &finding.techniques {
                let technique = self.technique(technique);
                self.link("targets", &technique, &victim);
            }
            if finding.stage == "called_home" {
                homes.extend(finding.peers.iter().filter(|peer| clean(peer) && peer.parse::<std::net::IpAddr>().is_ok()).cloned());
            }
        }
        for home in homes {
            let address = self.address(&home);
            if let Some(malware) = &malware {
                self.link("communicates-with", malware, &address);
            }
            seen.push(address);
        }
        self.observed(incident, seen, count);
    }

    fn observed(&mut self, incident: &Incident, mut seen: Vec<String>, count: u64) {
        seen.sort_unstable();
        seen.dedup();
        let times = crate::millis(&incident.first).zip(crate::millis(&incident.last));
        let Some((first, last)) = times.filter(|_| !seen.is_empty()) else { return };
        let id = format!("observed-data--{}", uuid::of(uuid::OWN, &format!("observed-data {} {first}", incident.id)));
        // The standard's bounds: at least once, and no more than 999,999,999 times.
        let count = count.clamp(1, 999_999_999);
        self.domain(
            "observed-data",
            id,
            json!({ "first_observed": first, "last_observed": last, "number_observed": count, "object_refs": seen }),
        );
    }

    fn file(&mut self, source: &story::Source) -> String {
        let mut more = Map::new();
        if source.bytes > 0 {
            more.insert("size".to_owned(), json!(source.bytes));
        }
        if !source.mime_type.is_empty() {
            more.insert("mime_type".to_owned(), json!(source.mime_type));
        }
        self.observable("file", &json!({ "hashes": { "SHA-256": source.sha256 } }), &Value::Object(more))
    }

    fn malware(&mut self, source: &story::Source, file: &str) -> String {
        let id = format!("malware--{}", uuid::of(uuid::OWN, &format!("malware {}", source.sha256)));
        let name = source.url.rsplit('/').next().and_then(|last| last.split(['?', '#']).next()).filter(|name| !name.is_empty());
        let name = self.sharing.veil.text(name.unwrap_or("program"));
        self.malware.push(id.clone());
        self.domain("malware", id, json!({ "name": name, "is_family": false, "malware_types": ["unknown"], "sample_refs": [file] }))
    }

    fn indicator(&mut self, one: &Indicator) {
        let Some((pattern, language)) = pattern(one) else { return };
        let id = format!("indicator--{}", uuid::of(uuid::OWN, &format!("indicator {} {}", one.kind, one.value)));
        let types = if one.block { ["malicious-activity"] } else { ["anomalous-activity"] };
        let because = self.sharing.veil.sentence(&one.because.en);
        let id = self.domain(
            "indicator",
            id,
            json!({
                "name": format!("{} {}", one.kind, one.value),
                "description": if because.is_empty() { "seen in an incident".to_owned() } else { because },
                "indicator_types": types,
                "pattern": pattern,
                "pattern_type": language,
                "valid_from": self.sharing.begun(),
                "confidence": one.confidence,
            }),
        );
        if one.block {
            for malware in self.malware.clone() {
                self.link("indicates", &id, &malware);
            }
        }
    }

    /// The report over all of it, and the bundle around that.
    fn finish(mut self) -> Value {
        let refs: Vec<&Value> =
            self.objects.iter().filter_map(|object| object.get("id")).filter(|id| **id != json!(self.sharing.tlp.id())).collect();
        let refs: Vec<Value> = refs.into_iter().cloned().collect();
        let name = self.sharing.headline();
        let told: Vec<String> = self
            .sharing
            .story
            .incidents
            .iter()
            .flat_map(|incident| incident.story.iter())
            .map(|sentence| self.sharing.veil.sentence(&sentence.text.en))
            .collect();
        let id = format!("report--{}", uuid::of(uuid::OWN, &format!("report {name} {}", self.sharing.oldest())));
        let mut more = json!({ "name": name, "report_types": ["threat-report"], "published": self.at, "object_refs": refs });
        if let (false, Some(more)) = (told.is_empty(), more.as_object_mut()) {
            more.insert("description".to_owned(), json!(told.join(" ")));
        }
        let report = self.domain("report", id, more);
        json!({ "type": "bundle", "id": format!("bundle--{}", uuid::of(uuid::OWN, &format!("bundle {report} {}", self.sharing.tlp.name()))), "objects": self.objects })
    }
}

/// The pattern of an indicator, and the language that it is written in; TLS fingerprints have no words in STIX.
fn pattern(one: &Indicator) -> Option<(String, &'static str)> {
    let value = one.value.replace('\\', "\\\\").replace('\'', "\\'");
    let stix = match one.kind.as_str() {
        "domain" => format!("[domain-name:value = '{value}']"),
        "ip" if one.value.contains(':') => format!("[ipv6-addr:value = '{value}']"),
        "ip" => format!("[ipv4-addr:value = '{value}']"),
        "url" => format!("[url:value = '{value}']"),
        "sha256" => format!("[file:hashes.'SHA-256' = '{value}']"),
        "sha1" => format!("[file:hashes.'SHA-1' = '{value}']"),
        "md5" => format!("[file:hashes.MD5 = '{value}']"),
        "user_agent" => format!("[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '{value}']"),
        "port" => format!("[network-traffic:dst_port = {}]", one.value.split('/').next()?.parse::<u16>().ok()?),
        "ja3" | "ja4" => return rule(one),
        _ => return None,
    };
    Some((stix, "stix"))
}

/// A Suricata rule for a TLS fingerprint.
fn rule(one: &Indicator) -> Option<(String, &'static str)> {
    let plain = one.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let sid = one.value.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 100_000 + 3_900_000;
    let buffer = if one.kind == "ja3" { "ja3.hash" } else { "ja4.hash" };
    let rule =
        format!("alert tls any any -> any any (msg:\"TLS fingerprint {0}\"; {buffer}; content:\"{0}\"; sid:{sid}; rev:1;)", one.value);
    plain.then_some((rule, "suricata"))
}
