//! The summary in words: what to look at first, then the rest, then how to look further. Nothing wider than it has to be,
//! columns aligned, and nothing of the traffic that a terminal would obey.

use super::{File, Host, Report, Summary, labels};
use crate::args::Language;
use crate::terminal::{Style, bytes, count, cut, grouped, pad, safe, safe_bytes, shell_word};
use model::{Addr, Civil, Timestamp};
use std::fmt::Write as _;
use story::Rank;

/// Notable files that are shown.
const FILES_SHOWN: usize = 6;
/// Hosts of each side that are shown.
const HOSTS_SHOWN: usize = 5;
/// Names, notices and weirds that are shown.
const WORDS_SHOWN: usize = 8;
/// Applications that are shown: a rare one tells more than a frequent one.
const APPLICATIONS_SHOWN: usize = 24;
/// The longest name that is shown, in characters.
const NAME_CHARS: usize = 60;
/// The longest path of a file, in characters.
const PATH_CHARS: usize = 80;
/// Logs of others that are named, and formats of each.
const LOGS_SHOWN: usize = 6;
const FORMATS_SHOWN: usize = 3;
/// Where values begin.
const INDENT: usize = 16;

impl Summary {
    /// The summary, ready to print.
    pub(crate) fn text(&self, report: &Report<'_>, style: Style) -> String {
        let mut told = Told { out: String::new(), style, language: report.language };
        self.head(report, &mut told);
        if report.outcome.packets > 0 || self.connections > 0 {
            self.first(report, &mut told);
            self.rest(&mut told);
            self.further(report, &mut told);
        }
        told.out
    }

    fn head(&self, report: &Report<'_>, told: &mut Told) {
        let outcome = report.outcome;
        let names: Vec<_> = report.files.iter().map(|file| safe(&file.display().to_string()).into_owned()).collect();
        let name = match names.as_slice() {
            [one] if one == "-" => told.word("standard input").to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => String::new(),
        };
        told.line(&told.style.bold(&name));
        if let Some((first, last)) = outcome.span {
            told.row("time", &format!("{} – {} UTC, {}", stamp(first), stamp(last), length(last.since(first).secs_f64())));
        }
        let lossless = if !report.whole {
            "; damaged, see below"
        } else if outcome.losses.is_empty() {
            "; nothing lost"
        } else {
            ""
        };
        let packets = match outcome.packets {
            0 => told.word("no packets").to_owned(),
            number => {
                let packets = told.pick(count(number, "packet"), format!("{} パケット", grouped(number)));
                format!("{packets}, {}{}", bytes(outcome.bytes), told.word(lossless))
            }
        };
        if outcome.packets > 0 || outcome.logs.is_empty() {
            told.row("traffic", &packets);
        }
        Self::records(outcome, told);
        for (what, number) in &outcome.losses {
            told.row("lost", &told.style.alarm(&format!("{} {}", grouped(*number), what.replace('_', " "))));
        }
        for (host, packets) in &outcome.offloading {
            let (have, they, them) = if *packets == 1 { ("has", "it was", "it") } else { ("have", "they were", "them") };
            let what = count(*packets, "packet");
            let why = format!("{what} from {host} {have} wrong checksums, as on a capture taken on that host itself;");
            let count = grouped(*packets);
            let why = told
                .pick(why, format!("{host} の送った {count} パケットはチェックサムが誤っている。そのホスト自身で取得した場合に起こる。"));
            told.row("checksums", &told.style.alarm(&why));
            let left_out = format!("{they} left out of the analysis. Read with -C to take {them} in");
            told.row("", &told.pick(left_out, "分析から除外した。-C を付けると対象に含める".to_owned()));
        }
        let logs: Vec<_> = report.written.iter().map(|log| format!("{} {}", log.log, grouped(log.rows))).collect();
        let folder = told.style.bold(&format!("{}/", safe(&report.folder.display().to_string())));
        told.row("logs", &folder);
        told.wrapped(&logs);
        if let Some(extracted) = report.extracted {
            told.row("files", &format!("extracted to {}/", safe(&extracted.display().to_string())));
        }
    }

    /// Logs of others that were read: how many records, in which formats.
    fn records(outcome: &pipeline::Outcome, told: &mut Told) {
        for (at, log) in outcome.logs.iter().take(LOGS_SHOWN).enumerate() {
            let mut formats: Vec<_> = log.counts.formats.iter().filter(|(format, _)| !format.is_empty()).collect();
            formats.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let names: Vec<&str> = formats.iter().take(FORMATS_SHOWN).map(|(format, _)| **format).collect();
            let records = count(log.counts.records, "record");
            let records = told.pick(records, format!("{} レコード", grouped(log.counts.records)));
            let name = safe(&cut(&log.name, NAME_CHARS)).into_owned();
            told.row(if at == 0 { "read" } else { "" }, &format!("{name}: {records} ({})", names.join(", ")));
        }
        let more = outcome.logs.len().saturating_sub(LOGS_SHOWN) as u64;
        if more > 0 {
            told.row("", &told.pick(format!("and {}", count(more, "more log")), format!("ほか {more} 件")));
        }
    }

    /// Executables and other notable files, and notices.
    fn first(&self, report: &Report<'_>, told: &mut Told) {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|file| (file.rank, file.at));
        let (_, notices) = self.noticed();
        if files.is_empty() && notices.is_empty() {
            return;
        }
        told.heading("Look at these first");
        for file in files.iter().take(FILES_SHOWN) {
            self.tell_file(file, report, told);
        }
        let more = files.len().saturating_sub(FILES_SHOWN) as u64 + self.files_more;
        if more > 0 {
            let more = grouped(more);
            let text = told
                .pick(format!("and {more} more of such types in files.log"), format!("同種のファイルがほかに {more} 件、files.log にある"));
            told.row("", &told.style.dim(&text));
        }
        told.list("notices", &counted(&notices, WORDS_SHOWN));
    }

    fn tell_file(&self, file: &File, report: &Report<'_>, told: &mut Told) {
        let requested = || self.requests.get(&file.id).map(Vec::as_slice).filter(|name| !name.is_empty());
        let named = Some(&*file.name).filter(|name| !name.is_empty()).or_else(requested);
        let name = safe_bytes(named.unwrap_or(&file.mime));
        let word = told.style.alarm(&pad(labels::of(told.language, file.rank.word()), INDENT - 2));
        told.line(&format!("  {word}{}  {}", told.style.bold(&middle_cut(&name, PATH_CHARS)), bytes(file.bytes)));
        let host = |addr: Option<Addr>| addr.map_or_else(|| "?".to_owned(), |addr| self.named(addr));
        let time = stamp(file.at);
        let time = time.split_once(' ').map_or("", |(_, time)| time);
        let times = grouped(file.times);
        let times =
            if file.times > 1 { told.pick(format!(", {times} times in all"), format!("、計 {times} 回")) } else { String::new() };
        let at = told.pick(format!("at {time}"), time.to_owned());
        told.row("", &format!("{} → {}  {} {at}{times}", host(file.from), host(file.to), safe(&file.source)));
        if !file.sha256.is_empty() {
            let kind = if file.sha256.len() == 64 { "sha256" } else { "md5" };
            told.row("", &format!("{kind} {}", safe_bytes(&file.sha256)));
        }
        told.row("", &told.style.command(&command(&file.id, report)));
    }

    fn rest(&self, told: &mut Told) {
        told.heading("What is in it");
        let (inside, outside): (Vec<_>, Vec<_>) = self.hosts.ranked(weight).into_iter().partition(|(addr, _)| addr.is_private());
        let least = if self.hosts.overflowed() { "at least " } else { "" };
        told.row(
            "hosts",
            &told.pick(
                format!(
                    "{least}{} inside, {} outside; {}",
                    grouped(inside.len() as u64),
                    grouped(outside.len() as u64),
                    count(self.connections, "connection")
                ),
                format!(
                    "内部 {} 台、外部 {} 台{}、接続 {} 件",
                    grouped(inside.len() as u64),
                    grouped(outside.len() as u64),
                    if least.is_empty() { "" } else { "以上" },
                    grouped(self.connections)
                ),
            ),
        );
        for (word, hosts) in [("inside", inside), ("outside", outside)] {
            let shown: Vec<_> = hosts.into_iter().take(HOSTS_SHOWN).collect();
            let names: Vec<_> = shown.iter().map(|(addr, _)| self.named(**addr)).collect();
            let widest = names.iter().map(|name| crate::terminal::width(name)).max().unwrap_or(0);
            for (at, ((_, host), name)) in shown.iter().zip(&names).enumerate() {
                let label = if at == 0 { word } else { "" };
                let connections = format!("{:>7} conn", grouped(host.connections));
                let traffic = format!("{connections}  ↑ {:>8}  ↓ {:>8}", bytes(host.sent_bytes), bytes(host.received_bytes));
                told.row(label, &format!("{}  {traffic}", told.style.name(&pad(name, widest))));
            }
        }
        told.list("applications", &counted(&self.applications.ranked(|number| *number), APPLICATIONS_SHOWN));
        let names = self.names.ranked(|number| *number);
        if !names.is_empty() {
            let least = if self.names.overflowed() { "at least " } else { "" };
            let count = grouped(names.len() as u64);
            let more = if least.is_empty() { "" } else { "以上" };
            told.row("names", &told.pick(format!("{least}{count} looked up"), format!("{count} 件{more}")));
            let shown: Vec<_> = names
                .iter()
                .take(WORDS_SHOWN)
                .map(|(name, number)| format!("{} {}", cut(&safe_bytes(name), NAME_CHARS), grouped(**number)))
                .collect();
            told.wrapped(&shown);
        }
        told.list("weird", &counted(&self.weirds.ranked(|number| *number), WORDS_SHOWN));
        told.list("sensor", &counted(&self.noticed().0, WORDS_SHOWN));
    }

    fn further(&self, report: &Report<'_>, told: &mut Told) {
        let hosts = self.hosts.ranked(weight);
        let busiest = |private: bool| hosts.iter().map(|(addr, _)| **addr).find(|addr| addr.is_private() == private);
        let program = self.files.iter().filter(|file| file.rank == Rank::Executable).min_by_key(|file| file.at);
        let (inside, outside) = match program.and_then(|file| file.to.zip(file.from)) {
            Some((to, from)) => {
                (Some((to, "all that the receiver of the first program did")), Some((from, "who else had to do with its sender")))
            }
            None => (
                busiest(true).map(|addr| (addr, "all that the busiest inside host did")),
                busiest(false).map(|addr| (addr, "who had to do with the busiest outside host")),
            ),
        };
        let inside = inside.map(|(addr, why)| (addr.to_string(), why));
        let outside = outside.map(|(addr, why)| (self.plain_name(addr).unwrap_or_else(|| addr.to_string()), why));
        let mut lines: Vec<_> = [inside, outside].into_iter().flatten().map(|(word, why)| (command(&word, report), why)).collect();
        lines.push(("hyakuyo logs conn".to_owned(), "what a log's fields mean"));
        told.heading("Look further");
        let widest = lines.iter().map(|(line, _)| crate::terminal::width(line)).max().unwrap_or(0);
        for (line, why) in lines {
            told.line(&format!("  {}  {}", told.style.command(&pad(&line, widest)), told.style.dim(told.word(why))));
        }
    }

    /// The notices: those about the sensor itself, and those about the traffic.
    fn noticed(&self) -> (Vec<Counted<'_>>, Vec<Counted<'_>>) {
        const SENSOR: &[&str] = &["CaptureLoss::", "PacketFilter::"];
        let about_sensor = |(note, _): &Counted<'_>| SENSOR.iter().any(|prefix| note.starts_with(prefix));
        self.notices.ranked(|number| *number).into_iter().partition(about_sensor)
    }

    /// The name of an address where it can stand in a command as it is.
    fn plain_name(&self, addr: Addr) -> Option<String> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
        self.addresses.get(&addr).filter(|name| !name.is_empty() && name.iter().all(plain)).map(|name| safe_bytes(name))
    }

    /// An address, and the name under which it was met.
    fn named(&self, addr: Addr) -> String {
        match self.addresses.get(&addr).filter(|name| !name.is_empty()) {
            Some(name) => format!("{addr} ({})", cut(&safe_bytes(name), NAME_CHARS)),
            None => addr.to_string(),
        }
    }
}

/// A word and how often it came.
type Counted<'a> = (&'a String, &'a u64);

/// Text in the making.
struct Told {
    out: String,
    style: Style,
    language: Language,
}

impl Told {
    /// A word or phrase in the chosen language.
    fn word<'a>(&self, english: &'a str) -> &'a str {
        labels::of(self.language, english)
    }

    fn pick(&self, english: String, japanese: String) -> String {
        match self.language {
            Language::En => english,
            Language::Ja => japanese,
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let text = self.style.bold(labels::of(self.language, text));
        self.out.push('\n');
        self.line(&text);
    }

    fn row(&mut self, label: &str, value: &str) {
        let label = self.style.dim(&pad(labels::of(self.language, label), INDENT - 2));
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "  {label}{value}");
    }

    fn list(&mut self, label: &str, words: &[String]) {
        if let Some(first) = words.first() {
            let label = self.style.dim(&pad(labels::of(self.language, label), INDENT - 2));
            let _ = write!(self.out, "  {label}{first}");
            self.flow(INDENT + crate::terminal::width(first), &words[1..]);
        }
    }

    fn wrapped(&mut self, words: &[String]) {
        if let Some(first) = words.first() {
            let _ = write!(self.out, "{}{first}", " ".repeat(INDENT));
            self.flow(INDENT + crate::terminal::width(first), &words[1..]);
        }
    }

    /// Goes on with a line that reaches to `column`, breaking it before it becomes too wide.
    fn flow(&mut self, mut column: usize, words: &[String]) {
        const LINE_CHARS: usize = 96;
        for word in words {
            let width = crate::terminal::width(word);
            if column + 3 + width > LINE_CHARS {
                let _ = write!(self.out, "\n{}{word}", " ".repeat(INDENT));
                column = INDENT + width;
            } else {
                let _ = write!(self.out, " · {word}");
                column += 3 + width;
            }
        }
        self.out.push('\n');
    }
}

const fn weight(host: &Host) -> u64 {
    host.sent_bytes.saturating_add(host.received_bytes).saturating_add(host.connections)
}

/// Words with their numbers, the most frequent first, and how many more there are.
fn counted(rows: &[Counted<'_>], most: usize) -> Vec<String> {
    let mut words: Vec<_> = rows.iter().take(most).map(|(word, number)| format!("{} {}", safe(word), grouped(**number))).collect();
    if rows.len() > most {
        words.push(format!("{} more", grouped((rows.len() - most) as u64)));
    }
    words
}

/// At most `most` characters of a text, its beginning and its end: of a path both tell something.
fn middle_cut(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return text.to_owned();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    chars[..head].iter().chain(['…'].iter()).chain(&chars[chars.len() - tail..]).collect()
}

fn command(word: &str, report: &Report<'_>) -> String {
    format!("hyakuyo find {} {}", shell_word(word), shell_word(&report.folder.display().to_string()))
}

fn stamp(at: Timestamp) -> String {
    Civil::of(at).to_string()
}

/// A length of time in its two largest units.
fn length(secs: f64) -> String {
    let whole = secs as u64;
    match whole {
        0..60 => format!("{secs:.1} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Sink as _;
    use model::{Event, FLOW_KEYS, Kind, TS_KEY, Type, Uid, Value, field};
    use std::path::{Path, PathBuf};

    const CONN: Kind = Kind {
        name: "conn",
        doc: "",
        keys: FLOW_KEYS,
        fields: &[
            field("service", Type::STRING, "", ""),
            field("orig_ip_bytes", Type::COUNT, "", ""),
            field("resp_ip_bytes", Type::COUNT, "", ""),
        ],
    };
    const DNS: Kind = Kind {
        name: "dns",
        doc: "",
        keys: FLOW_KEYS,
        fields: &[field("query", Type::STRING, "", ""), field("answers", Type::STRINGS, "", "")],
    };
    const FILES: Kind = Kind {
        name: "files",
        doc: "",
        keys: TS_KEY,
        fields: &[
            field("fuid", Type::STRING, "", ""),
            field("source", Type::STRING, "", ""),
            field("mime_type", Type::STRING, "", ""),
            field("filename", Type::STRING, "", ""),
            field("seen_bytes", Type::COUNT, "", ""),
            field("id.orig_h", Type::ADDR, "", ""),
            field("id.resp_h", Type::ADDR, "", ""),
        ],
    };

    fn told(events: &[Event]) -> String {
        let mut summary = Summary::default();
        events.iter().for_each(|event| summary.event(event));
        let (first, last) = (Timestamp::from_secs(1_602_536_538), Timestamp::from_secs(1_602_536_600));
        let outcome = pipeline::Outcome { packets: 1_234, bytes: 56_789, span: Some((first, last)), ..Default::default() };
        let report = Report {
            files: &[PathBuf::from("a.pcap")],
            folder: Path::new("a"),
            extracted: None,
            outcome: &outcome,
            whole: true,
            language: Language::En,
            written: &[sinks::Written { log: "conn", rows: 1 }],
        };
        summary.text(&report, Style::plain())
    }

    #[test]
    fn the_executable_comes_first_and_nothing_of_the_traffic_moves_the_cursor() {
        let (inside, outside) = (Addr::v4([10, 0, 0, 1]), Addr::v4([45, 14, 112, 133]));
        let (at, uid) = (Timestamp::from_secs(1_602_536_538), Uid::connection(&[b"a"]));
        let fuid = Uid::file(&[b"f"]);
        let [service, sent, received] = ["service", "orig_ip_bytes", "resp_ip_bytes"].map(|name| CONN.column(name));
        let events = [
            Event::of_flow(&DNS, at, uid, (inside, 1), (inside, 53))
                .with(DNS.column("query"), &b"evil\x1b[2J.example"[..])
                .with(DNS.column("answers"), Value::list(["45.14.112.133"])),
            Event::of_flow(&CONN, at, uid, (inside, 1), (outside, 80)).with(service, "http").with(sent, 304u64).with(received, 630_018u64),
            Event::new(&FILES, at)
                .with(FILES.column("fuid"), fuid)
                .with(FILES.column("source"), "HTTP")
                .with(FILES.column("mime_type"), "application/x-dosexec")
                .with(FILES.column("seen_bytes"), 629_760u64)
                .with(FILES.column("id.orig_h"), inside)
                .with(FILES.column("id.resp_h"), outside),
        ];
        let text = told(&events);
        assert!(!text.contains('\x1b'), "{text}");
        let expected = format!(
            "a.pcap
  time          2020-10-12 21:02:18 – 2020-10-12 21:03:20 UTC, 1 min 2 s
  traffic       1,234 packets, 57 kB; nothing lost
  logs          a/
                conn 1

Look at these first
  executable    application/x-dosexec  630 kB
                45.14.112.133 → 10.0.0.1  HTTP at 21:02:18
                hyakuyo find {fuid} a

What is in it
  hosts         1 inside, 1 outside; 1 connection
"
        );
        assert!(text.starts_with(&expected), "{text}");
    }

    #[test]
    fn an_empty_capture_is_told_in_a_few_lines() {
        let summary = Summary::default();
        let report = Report {
            files: &[PathBuf::from("-")],
            folder: Path::new("hyakuyo-logs"),
            extracted: None,
            outcome: &pipeline::Outcome::default(),
            whole: true,
            language: Language::En,
            written: &[],
        };
        assert!(summary.text(&report, Style::plain()).starts_with("standard input\n  traffic       no packets\n"));
    }

    #[test]
    fn one_of_a_thing_is_told_in_the_singular() {
        let host = Addr::v4([10, 0, 0, 1]);
        let told = |packets| {
            let outcome = pipeline::Outcome { packets, bytes: 60, offloading: vec![(host, packets)], ..Default::default() };
            let files = [PathBuf::from("a.pcap")];
            let report = Report {
                files: &files,
                folder: Path::new("a"),
                extracted: None,
                outcome: &outcome,
                whole: true,
                language: Language::En,
                written: &[],
            };
            Summary::default().text(&report, Style::plain())
        };
        let (one, two) = (told(1), told(2));
        assert!(one.contains("traffic       1 packet, 60 B") && one.contains("1 packet from 10.0.0.1 has wrong checksums"), "{one}");
        assert!(one.contains("it was left out of the analysis. Read with -C to take it in"), "{one}");
        assert!(two.contains("2 packets, 60 B") && two.contains("2 packets from 10.0.0.1 have wrong checksums"), "{two}");
    }

    #[test]
    fn lengths_of_time_are_short() {
        for (secs, expected) in [(0.25, "0.2 s"), (59.94, "59.9 s"), (61.0, "1 min 1 s"), (7_260.0, "2 h 1 min"), (180_000.0, "2 d 2 h")] {
            assert_eq!(length(secs), expected);
        }
    }
}
