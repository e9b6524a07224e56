//! The sections that say what is watched, where the logs go, and by which numbers it is judged.

use super::code::Code;
use super::reader::{Reader, Section, suggestion};
use super::values::{self, Listen};
use super::{Config, Follow, Interface, Limits, Memory, Output, Rotate, Sandbox, Syslog, telling};
use crate::inputs;
use enrich::roles::Net;
use enrich::{Database, Geo, Given, Roles};
use jiff::tz::TimeZone;
use pipeline::Settings;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use toml::de::DeValue;

/// The ring of an interface unless it is said: a second of a gigabit's small packets.
const RING_BYTES: u64 = 64 << 20;
/// Rings that make sense.
const RING_BYTES_RANGE: std::ops::RangeInclusive<u64> = 1 << 20..=16 << 30;
/// The longest name of an interface (IFNAMSIZ without its end).
const INTERFACE_NAME_MAX: usize = 15;
/// Sources whose state is kept: each holds a reader with its decoders, from some kB to some MB.
const SOURCES: u64 = 2_000;
/// How far back a source is read again: some minutes of a busy firewall.
const RESUME_BYTES: u64 = 256 << 20;
/// How much of our own logs is read back: DETECTIONS.md's longest windows are a day.
const MEMORY_SPAN: Duration = Duration::from_secs(86_400);

/// Reads everything.
pub(super) fn all(reader: &mut Reader<'_>, mut root: Section<'_, '_>, base: &Path) -> Option<Config> {
    let output = match root.table(reader, "output") {
        Some(section) => output(reader, section, base),
        None => {
            root.missing_section(reader, "output", "add [output] with folder = \"/var/lib/hyakuyo\"");
            None
        }
    };
    let interfaces: Vec<Interface> = root.tables(reader, "interface", false).into_iter().filter_map(|one| interface(reader, one)).collect();
    let files: Vec<_> = root.tables(reader, "file", false).into_iter().filter_map(|one| file(reader, one, base)).collect();
    let syslog: Vec<_> = root.tables(reader, "syslog", false).into_iter().filter_map(|one| syslog(reader, one, base)).collect();
    let roles = root.table(reader, "roles").and_then(|section| roles(reader, section, base));
    let (roles, roles_text) = roles.map_or_else(|| (Arc::default(), None), |(roles, text)| (roles, Some(text)));
    let (stacks, geo) = root.table(reader, "knowledge").map(|section| knowledge(reader, section, base)).unwrap_or_default();
    let mut settings = root.table(reader, "detectors").map(|section| detectors(reader, &section)).unwrap_or_default();
    if let Some(section) = root.table(reader, "rules") {
        settings.rules = rules(reader, section, base);
    }
    let section = root.table(reader, "notify");
    let notify = telling::notify(reader, section, base);
    let metrics = root.table(reader, "metrics").and_then(|section| telling::metrics(reader, section));
    let section = root.table(reader, "sandbox");
    let sandbox = sandbox(reader, section);
    let section = root.table(reader, "limits");
    let limits = limits(reader, section);
    let section = root.table(reader, "memory");
    let memory = memory(reader, section);
    root.done(reader);
    if files.len() + syslog.len() > intake::SOURCES_MAX {
        let fix = format!("{} are the most; name several files of a folder as \"/var/log/*/access.log\"", intake::SOURCES_MAX);
        reader.wrong(Code::OutOfRange, 0..0, "too many sources", fix);
    }
    twice(reader, &interfaces, &files, &syslog);
    if interfaces.is_empty() && files.is_empty() && syslog.is_empty() && reader.is_clean() {
        let fix = "add [[interface]], [[file]] or [[syslog]]; `hyakuyo check-config --example` shows each";
        reader.wrong(Code::NothingToWatch, 0..0, "there is nothing to watch", fix);
    }
    let files = files.into_iter().map(|(one, _)| one).collect();
    let syslog = syslog.into_iter().map(|(one, _)| one).collect();
    let given = Given { roles, stacks, geo };
    let output = output?;
    Some(Config { output, interfaces, files, syslog, given, roles: roles_text, settings, notify, metrics, sandbox, limits, memory })
}

/// A path as it stands, or from the folder of the settings.
pub(super) fn path(text: &str, base: &Path) -> PathBuf {
    base.join(text)
}

fn output(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> Option<Output> {
    let folder = section.text(reader, "folder");
    if folder.is_none() && reader.is_clean() {
        section.missing(reader, "folder", "add folder = \"/var/lib/hyakuyo\"");
    }
    let folder = folder?;
    let target = path(&folder.value, base);
    if target.exists() && !target.is_dir() {
        reader.wrong(Code::Unreadable, folder.span, "this is no folder", "name a folder, or one that can be made");
    }
    let words = [("zeek", sinks::Format::Zeek), ("json", sinks::Format::Json)];
    let format = section.choice(reader, "format", &words).unwrap_or_default();
    let rotate = section.choice(reader, "rotate", &[("hour", Rotate::Hour), ("day", Rotate::Day)]).unwrap_or(Rotate::Day);
    let keep_bytes = section.read(reader, "keep", Code::BadSize, values::size).map(|keep| keep.value);
    let mut every = |reader: &mut Reader<'_>, key, secs: u64, most: u64| {
        let Some(length) = section.read(reader, key, Code::BadDuration, values::duration) else { return Duration::from_secs(secs) };
        if length.value.as_secs() > most {
            reader.wrong(Code::OutOfRange, length.span, format!("{key} can't be that long"), format!("write at most \"{most}s\""));
        }
        length.value
    };
    let checkpoint = every(reader, "checkpoint", 1, 600);
    let story = every(reader, "story", 60, 86_400);
    let workers = section.count(reader, "workers", 1..=64).map(|count| count as usize);
    section.done(reader);
    Some(Output { folder: target, format, rotate, keep_bytes, checkpoint, story, workers })
}

fn interface(reader: &mut Reader<'_>, mut section: Section<'_, '_>) -> Option<Interface> {
    let name = section.text(reader, "name");
    if name.is_none() {
        section.missing(reader, "name", "add name = \"eth0\"; `ip link` lists them");
    }
    let name = name.and_then(|name| {
        let fits = name.value.len() <= INTERFACE_NAME_MAX && !name.value.contains(['/', ' ']);
        if !fits {
            reader.wrong(Code::NotOneOf, name.span, "no interface can be called so", "`ip link` lists them");
        }
        fits.then_some(name.value)
    });
    let filter = section.text(reader, "filter");
    if let Some((filter, error)) =
        filter.as_ref().and_then(|filter| capture::ring::check_filter(&filter.value).err().map(|error| (filter, error)))
    {
        let fix = "write it as for tcpdump: \"tcp and not port 22\"";
        reader.wrong(Code::BadFilter, filter.span.clone(), format!("the filter is not understood: {error}"), fix);
    }
    let filter = filter.map(|filter| filter.value);
    let ring = section.read(reader, "ring", Code::BadSize, values::size);
    if let Some(ring) = ring.as_ref().filter(|ring| !RING_BYTES_RANGE.contains(&ring.value)) {
        reader.wrong(Code::OutOfRange, ring.span.clone(), "no ring of that size", "write from \"2 MB\" to \"16 GB\"");
    }
    let promiscuous = section.flag(reader, "promiscuous").unwrap_or(true);
    let ignore_checksums = section.flag(reader, "ignore_checksums").unwrap_or(false);
    section.done(reader);
    Some(Interface { name: name?, filter, ring_bytes: ring.map_or(RING_BYTES, |ring| ring.value), promiscuous, ignore_checksums })
}

/// Where a source is said, for errors that two of them make.
type At = std::ops::Range<usize>;

fn zone(reader: &mut Reader<'_>, section: &mut Section<'_, '_>) -> TimeZone {
    let read = |text: &str| {
        inputs::zone_named(text)
            .ok_or_else(|| (format!("no time zone is called \"{text}\""), "write \"Asia/Tokyo\", \"+09:00\" or \"UTC\"".to_owned()))
    };
    section.read(reader, "zone", Code::BadZone, read).map_or(TimeZone::UTC, |zone| zone.value)
}

fn file(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> Option<(Follow, At)> {
    let given = section.text(reader, "path");
    if given.is_none() {
        section.missing(reader, "path", "add path = \"/var/log/squid/access.log\"");
    }
    let zone = zone(reader, &mut section);
    let from_start = section.choice(reader, "from", &[("start", true), ("end", false)]).unwrap_or(false);
    let rotated = section.text(reader, "rotated").map(|folder| path(&folder.value, base));
    let poll = section.flag(reader, "poll").unwrap_or(false);
    section.done(reader);
    let given = given?;
    let target = path(&given.value, base);
    if target.is_dir() {
        reader.wrong(Code::Unreadable, given.span.clone(), "this is a folder", "name files in it, as in \"/var/log/squid/*.log\"");
    }
    Some((Follow { path: target, zone, from_start, rotated, poll }, given.span))
}

fn syslog(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> Option<(Syslog, At)> {
    let listen = section.read(reader, "listen", Code::BadAddress, values::listen);
    if listen.is_none() && section.get("listen").is_none() {
        section.missing(reader, "listen", "add listen = \"udp://0.0.0.0:514\"");
    }
    let zone = zone(reader, &mut section);
    let certificate = existing(reader, &mut section, "certificate", base);
    let key = existing(reader, &mut section, "key", base);
    let clients = existing(reader, &mut section, "clients", base);
    let from = section.texts(reader, "from").unwrap_or_default();
    let from = from
        .into_iter()
        .filter_map(|net| {
            let read = Net::of(&net.value);
            if read.is_none() {
                reader.wrong(Code::BadNet, net.span, "this is neither an address nor a network", "write \"10.0.0.25\" or \"10.0.3.0/24\"");
            }
            read
        })
        .collect();
    let listen = listen?;
    let wants = matches!(listen.value, Listen::Tls(_));
    if wants && (section.get("certificate").is_none() || section.get("key").is_none()) {
        section.missing(reader, "certificate and key", "add certificate = \"server.pem\" and key = \"server.key\"");
    } else if !wants && certificate.is_some() {
        let fix = "write listen = \"tls://…\", or take certificate and key out";
        reader.wrong(Code::Contradiction, listen.span.clone(), "a certificate where nothing is encrypted", fix);
    }
    section.done(reader);
    Some((Syslog { listen: listen.value, zone, tls: certificate.zip(key), clients, from }, listen.span))
}

/// A file that must be there.
pub(super) fn existing(reader: &mut Reader<'_>, section: &mut Section<'_, '_>, key: &'static str, base: &Path) -> Option<PathBuf> {
    let given = section.text(reader, key)?;
    let target = path(&given.value, base);
    match std::fs::File::open(&target) {
        Ok(_) if target.is_file() => Some(target),
        Ok(_) => {
            reader.wrong(Code::Unreadable, given.span, "this is no file", "name a file");
            None
        }
        Err(error) => {
            reader.wrong(Code::Unreadable, given.span, format!("it can't be read: {}", crate::read::words(&error)), "is the path right?");
            None
        }
    }
}

/// The same source twice would be counted twice.
fn twice(reader: &mut Reader<'_>, interfaces: &[Interface], files: &[(Follow, At)], syslog: &[(Syslog, At)]) {
    let mut seen = HashSet::new();
    let places = files.iter().map(|(one, at)| (one.path.display().to_string(), at));
    let places = places.chain(syslog.iter().map(|(one, at)| (one.listen.to_string(), at)));
    for (name, at) in places {
        if !seen.insert(name) {
            reader.wrong(Code::Twice, at.clone(), "this is watched already", "take one of them out");
        }
    }
    let mut names = HashSet::new();
    if interfaces.iter().any(|one| !names.insert(&one.name)) {
        reader.wrong(Code::Twice, 0..0, "an interface is watched twice", "take one of them out");
    }
}

fn roles(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> Option<(Arc<Roles>, String)> {
    let given = section.text(reader, "file");
    if given.is_none() {
        section.missing(reader, "file", "add file = \"roles.toml\"");
    }
    section.done(reader);
    let given = given?;
    let target = path(&given.value, base);
    let text = match crate::settings::read_text(&target, crate::settings::ROLES_BYTES_MAX) {
        Ok(text) => text,
        Err(error) => {
            reader.wrong(Code::Unreadable, given.span, format!("it can't be read: {}", crate::read::words(&error)), "is the path right?");
            return None;
        }
    };
    match Roles::parse(&target.display().to_string(), &text) {
        Ok(roles) => Some((Arc::new(roles), text)),
        Err(problems) => {
            let fix = format!("mend these in it:\n{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
            reader.wrong(Code::Unreadable, given.span, "these roles can't be used as they are", fix);
            None
        }
    }
}

/// Rules that the user brings: Sigma's, and alarms.
fn rules(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> Vec<Arc<dyn contract::UserRules>> {
    let mut all = Vec::new();
    for folder in section.texts(reader, "sigma").unwrap_or_default() {
        match crate::rules::sigma(&[path(&folder.value, base)]) {
            Ok(rules) => all.extend(rules),
            Err(error) => reader.wrong(Code::Unreadable, folder.span, format!("{error:#}"), "is the path right?"),
        }
    }
    for file in section.texts(reader, "alarms").unwrap_or_default() {
        match crate::rules::alarms(&[path(&file.value, base)]) {
            Ok(alarms) => all.extend(alarms),
            Err(error) => reader.wrong(Code::Unreadable, file.span, format!("{error:#}"), "mend the file"),
        }
    }
    section.done(reader);
    all
}

fn knowledge(reader: &mut Reader<'_>, mut section: Section<'_, '_>, base: &Path) -> (Arc<Database>, Arc<Geo>) {
    let p0f = existing(reader, &mut section, "p0f", base);
    let stacks = match crate::settings::stacks_of(p0f.as_deref()) {
        Ok(stacks) => stacks,
        Err(error) => {
            reader.wrong(Code::Unreadable, section.span.clone(), "its signatures can't be used", error.to_string());
            Arc::default()
        }
    };
    let mut geo = Geo::default();
    for file in section.texts(reader, "geo").unwrap_or_default() {
        let target = path(&file.value, base);
        let read = std::fs::read(&target).map_err(|error| crate::read::words(&error));
        if let Err(error) = read.and_then(|bytes| geo.add(bytes).map_err(|error| error.to_string())) {
            reader.wrong(Code::Unreadable, file.span, format!("it can't be used: {error}"), "name a database in MaxMind's format (.mmdb)");
        }
    }
    section.done(reader);
    (stacks, Arc::new(geo))
}

/// `scan.hosts_min = 50`, or the same under `[detectors.scan]`.
fn detectors(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Settings {
    let mut texts = Vec::new();
    for (name, value) in section.each() {
        let Some(row) = pipeline::behaviours().iter().find(|row| row.name() == &**name.get_ref()) else {
            let fix = suggestion(name.get_ref(), pipeline::behaviours().iter().map(|row| row.name()), false);
            reader.wrong(Code::UnknownDetector, name.span(), format!("no detector is called \"{}\"", name.get_ref()), fix);
            continue;
        };
        let DeValue::Table(table) = value.get_ref() else {
            let first = row.settings().first().map_or("setting", |setting| setting.name);
            reader.wrong(Code::WrongType, value.span(), "a detector has settings", format!("write {}.{first} = …", row.name()));
            continue;
        };
        for (key, value) in table {
            if !row.settings().iter().any(|setting| setting.name == &**key.get_ref()) {
                let fix = suggestion(key.get_ref(), row.settings().iter().map(|setting| setting.name), false);
                reader.wrong(Code::UnknownSetting, key.span(), format!("{} has no setting \"{}\"", row.name(), key.get_ref()), fix);
                continue;
            }
            let number = match value.get_ref() {
                DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string()),
                DeValue::Float(number) => Some(number.as_str().to_owned()),
                _ => None,
            };
            match number {
                Some(number) => texts.push(format!("{}.{}={number}", row.name(), key.get_ref())),
                None => reader.wrong(Code::WrongType, value.span(), "a setting is a number", format!("write {} = 50", key.get_ref())),
            }
        }
    }
    Settings::parse(&texts).unwrap_or_default()
}

fn sandbox(reader: &mut Reader<'_>, section: Option<Section<'_, '_>>) -> Sandbox {
    let Some(mut section) = section else { return Sandbox { enabled: true, user: None } };
    let enabled = section.flag(reader, "enabled").unwrap_or(true);
    let user = section.text(reader, "user").map(|user| user.value);
    section.done(reader);
    Sandbox { enabled, user }
}

fn limits(reader: &mut Reader<'_>, section: Option<Section<'_, '_>>) -> Limits {
    let default = Limits { sources: SOURCES as usize, resume_bytes: RESUME_BYTES };
    let Some(mut section) = section else { return default };
    let sources = section.count(reader, "sources", 1..=100_000).unwrap_or(SOURCES) as usize;
    let resume_bytes = section.read(reader, "resume", Code::BadSize, values::size).map_or(RESUME_BYTES, |size| size.value);
    section.done(reader);
    Limits { sources, resume_bytes }
}

fn memory(reader: &mut Reader<'_>, section: Option<Section<'_, '_>>) -> Memory {
    let Some(mut section) = section else { return Memory { span: MEMORY_SPAN } };
    let span = section.read(reader, "span", Code::BadDuration, values::duration).map_or(MEMORY_SPAN, |span| span.value);
    section.done(reader);
    Memory { span }
}
