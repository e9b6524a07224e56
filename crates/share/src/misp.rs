//! A MISP event: attributes for the indicators, objects for the file and for the name with its address, tags for the mark and for
//! the techniques. Source: the MISP core format (draft-dulaunoy-misp-core-format) and MISP's object templates.

use crate::{Sharing, attack, uuid};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use story::Source;

/// The templates of the objects: id and version.
const FILE: (&str, &str) = ("688c46fb-5edb-40a3-8273-1af7923e2215", "25");
const DOMAIN_IP: (&str, &str) = ("43b3b146-77eb-4931-b4cc-b66c60f28734", "11");
/// As the event says.
const INHERIT: &str = "5";

/// The event.
pub(crate) fn event(sharing: &Sharing<'_>) -> Value {
    let info = sharing.headline();
    let oldest = sharing.oldest();
    let date = oldest.get(..10).unwrap_or("1970-01-01");
    let id = uuid::of(uuid::OWN, &format!("misp event {info} {oldest}"));
    let attributes: Vec<Value> = sharing.indicators().map(|one| attribute(sharing, &id, one)).collect();
    let sources = sharing.story.incidents.iter().filter_map(|incident| incident.source.as_ref());
    let objects: Vec<Value> = sources.flat_map(|source| objects(sharing, &id, source)).collect();
    let mut tags = vec![json!({ "name": format!("tlp:{}", sharing.tlp.name()) })];
    let techniques: BTreeSet<&str> =
        sharing.story.findings.iter().flat_map(|finding| finding.techniques.iter().map(String::as_str)).collect();
    for technique in techniques {
        tags.push(json!({ "name": format!("misp-galaxy:mitre-attack-pattern=\"{} - {technique}\"", attack::name(technique)) }));
    }
    let worst = sharing.story.incidents.first().map_or(0, |incident| incident.confidence);
    json!({ "Event": {
        "uuid": id,
        "info": info,
        "date": date,
        "timestamp": seconds(&sharing.newest()),
        "threat_level_id": match worst { 85.. => "1", 50.. => "2", 1.. => "3", 0 => "4" },
        "analysis": "1",
        "distribution": "0",
        "published": false,
        "Orgc": { "name": sharing.by, "uuid": uuid::of(uuid::OWN, &format!("organisation {}", sharing.by)) },
        "Tag": tags,
        "Attribute": attributes,
        "Object": objects,
    } })
}

fn attribute(sharing: &Sharing<'_>, event: &str, one: &story::Indicator) -> Value {
    let (ty, category) = kind(&one.kind, &one.value);
    json!({
        "uuid": uuid::of(uuid::OWN, &format!("misp attribute {event} {ty} {}", one.value)),
        "type": ty,
        "category": category,
        "value": one.value,
        "to_ids": one.block,
        "comment": format!("{} (confidence {} %)", sharing.veil.sentence(&one.because.en), one.confidence),
        "distribution": INHERIT,
        "timestamp": seconds(&sharing.newest()),
        "first_seen": sharing.begun(),
        "last_seen": sharing.newest(),
    })
}

/// Type and category of a kind of indicator.
fn kind(kind: &str, value: &str) -> (&'static str, &'static str) {
    match kind {
        // MISP tells a registered name from a host's under it; two labels are the former nearly always.
        "domain" if value.matches('.').count() > 1 => ("hostname", "Network activity"),
        "domain" => ("domain", "Network activity"),
        "ip" => ("ip-dst", "Network activity"),
        "url" => ("url", "Network activity"),
        "user_agent" => ("user-agent", "Network activity"),
        "port" => ("port", "Network activity"),
        "ja3" => ("ja3-fingerprint-md5", "Network activity"),
        "sha256" => ("sha256", "Payload delivery"),
        "sha1" => ("sha1", "Payload delivery"),
        "md5" => ("md5", "Payload delivery"),
        _ => ("other", "Network activity"),
    }
}

fn objects(sharing: &Sharing<'_>, event: &str, source: &Source) -> Vec<Value> {
    let mut all = Vec::new();
    let clean = |text: &str| !text.is_empty() && sharing.veil.text(text) == text;
    if clean(&source.sha256) {
        let name = source.url.rsplit('/').next().and_then(|last| last.split(['?', '#']).next()).unwrap_or("");
        let mut parts = vec![("sha256", "sha256", "Payload delivery", source.sha256.clone(), true)];
        if clean(name) {
            parts.push(("filename", "filename", "Payload delivery", name.to_owned(), false));
        }
        if source.bytes > 0 {
            parts.push(("size-in-bytes", "size-in-bytes", "Other", source.bytes.to_string(), false));
        }
        if !source.mime_type.is_empty() {
            parts.push(("mimetype", "mime-type", "Artifacts dropped", source.mime_type.clone(), false));
        }
        all.push(object(sharing, event, "file", "file", FILE, &parts));
    }
    if clean(&source.name) && clean(&source.address) {
        let parts = [
            ("domain", "domain", "Network activity", source.name.clone(), true),
            ("ip", "ip-dst", "Network activity", source.address.clone(), true),
        ];
        all.push(object(sharing, event, "domain-ip", "network", DOMAIN_IP, &parts));
    }
    all
}

/// A part of an object: its relation, type, category, value, and whether it is for detection.
type Part = (&'static str, &'static str, &'static str, String, bool);

fn object(sharing: &Sharing<'_>, event: &str, name: &str, group: &str, template: (&str, &str), parts: &[Part]) -> Value {
    let first = parts.first().map_or("", |part| part.3.as_str());
    let id = uuid::of(uuid::OWN, &format!("misp object {event} {name} {first}"));
    let attributes: Vec<Value> = parts
        .iter()
        .map(|(relation, ty, category, value, to_ids)| {
            json!({
                "uuid": uuid::of(uuid::OWN, &format!("misp attribute {id} {relation}")),
                "object_relation": relation,
                "type": ty,
                "category": category,
                "value": value,
                "to_ids": to_ids,
                "distribution": INHERIT,
                "timestamp": seconds(&sharing.newest()),
            })
        })
        .collect();
    json!({
        "uuid": id,
        "name": name,
        "meta-category": group,
        "template_uuid": template.0,
        "template_version": template.1,
        "distribution": INHERIT,
        "timestamp": seconds(&sharing.newest()),
        "Attribute": attributes,
    })
}

/// Seconds since the epoch, as MISP writes times: from `2020-10-12T21:02:18.123Z`.
fn seconds(stamp: &str) -> String {
    let number = |from: usize, to: usize| stamp.get(from..to).and_then(|part| part.parse::<i64>().ok()).unwrap_or(0);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    (days * 86_400 + number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(seconds("2020-10-12T21:02:18.123Z"), "1602536538");
        assert_eq!(seconds("1970-01-01T00:00:00.000Z"), "0");
    }
}
