//! Statements in English. Each is a sentence or two about "it", the host of the incident.

use super::numbers::{EN, clock, date, grouped, length, size};
use super::{and, cut};
use crate::statement::{Content, Line, Oddity, Place, Pretence, Statement, Way};
use model::Interval;

/// The sentence of a line.
pub(crate) fn sentence(line: &Line) -> String {
    let at = line.at;
    match &line.statement {
        Statement::LookedUp { name, addrs, server } => {
            let addrs = list(addrs.iter().map(ToString::to_string).collect(), 3);
            format!("It asked the name server {server} for {name} and was told {addrs}.")
        }
        Statement::Fetched { .. } => fetched(&line.statement),
        Statement::Oddities(all) => {
            let all: Vec<String> = all.iter().map(oddity).collect();
            format!("Of this program stands out that {}.", and(&all, "and"))
        }
        Statement::Pretends { pretence, content, bytes } => pretends(pretence, *content, *bytes),
        Statement::Called { .. } => called(line),
        Statement::Found { title, subject, peers, count, last, measures, quotes } => {
            let mut text = format!("It {}", title.en);
            about(&mut text, subject, measures);
            if !peers.is_empty() {
                text.push_str(&format!("; with {}", list(peers.iter().map(ToString::to_string).collect(), 4)));
            }
            repeat(&mut text, *count, clock(*last, at));
            text.push('.');
            said(&mut text, quotes);
            text
        }
        Statement::Gave { by, account, what, subject, to, times } => gave(by, account, what, subject, to, *times),
        Statement::Struck { title, by, quotes } => {
            let mut text = format!("{by} attacked it first: that host {}.", title.en);
            said(&mut text, quotes);
            text
        }
        Statement::CameFrom { host, since } => {
            format!("It has this from {host}, which had done the same since {} and had reached this host before.", clock(*since, at))
        }
        Statement::PassedOn { hosts } => {
            let hosts = list(hosts.iter().map(ToString::to_string).collect(), 8);
            format!("It passed this on: {hosts} began to do the same after it had reached them.")
        }
        Statement::WasAttacked { title, by, more, subject, count, last, measures, quotes } => {
            let mut who: Vec<String> = by.iter().map(ToString::to_string).collect();
            if *more > 0 {
                who.push(format!("{} more", grouped(*more as u64)));
            }
            let mut text = format!("It {}", title.en);
            about(&mut text, subject, measures);
            if !who.is_empty() {
                text.push_str(&format!("; the other side was {}", and(&who, "and")));
            }
            repeat(&mut text, *count, clock(*last, at));
            text.push('.');
            said(&mut text, quotes);
            text
        }
        Statement::ActedAfter { title } => format!("The attack seems to have succeeded: afterwards this host {}.", title.en),
        Statement::NothingAfter => "No sign of success was seen: after the attack this host did nothing that it is accused of.".to_owned(),
    }
}

fn fetched(statement: &Statement) -> String {
    let Statement::Fetched { content, again, times, url, name, from, protocol, bytes, missing, referrer, agent, sha256 } = statement else {
        return String::new();
    };
    let what = noun(*content);
    let more = if *again { " then also" } else { "" };
    let mut text = match (url.is_empty(), name.is_empty()) {
        (false, _) => format!("It{more} fetched {what}, {}, from {}", cut(url, 300), place(from)),
        (true, false) => format!("It{more} received {what} called {} over {protocol} from {}", cut(name, 120), place(from)),
        (true, true) => format!("It{more} received {what} over {protocol} from {}", place(from)),
    };
    text.push_str(&format!(": {}", size(*bytes, "bytes")));
    if *missing > 0 {
        text.push_str(&format!(", {} more are missing from the capture", size(*missing, "bytes")));
    }
    if *times > 1 {
        text.push_str(&format!(", {} times", grouped(*times)));
    }
    if !sha256.is_empty() {
        text.push_str(&format!(", SHA-256 {sha256}"));
    }
    text.push('.');
    if !referrer.is_empty() {
        text.push_str(&format!(" The page that led to it was {}.", cut(referrer, 200)));
    }
    if !agent.is_empty() {
        text.push_str(&format!(" The program that asked for it called itself “{}”.", cut(agent, 120)));
    }
    text
}

fn called(line: &Line) -> String {
    let Statement::Called { way, to, count, answered, last, rhythm, sent, received, longest, agent, self_signed } = &line.statement else {
        return String::new();
    };
    let times = if *count == 1 { "once".to_owned() } else { format!("{} times", grouped(*count)) };
    let until = if *count == 1 { String::new() } else { format!(" until {}", clock(*last, line.at)) };
    let mut text = match way {
        Way::Http(method, url) => format!("It called {} ({method} {}) {times}{until}", place(to), cut(url, 200)),
        Way::Plain(proto, port, service) => {
            let service = if service.is_empty() { String::new() } else { format!(" ({service})") };
            format!("It connected to {}, {proto} port {port}{service}, {times}{until}", place(to))
        }
    };
    match rhythm {
        Some(rhythm) if rhythm.is_regular() => text.push_str(&format!(
            ", every {} with a spread of {}: a program's clock and no person",
            length(Interval::from_millis(rhythm.every_ms.into()), &EN),
            length(Interval::from_millis(rhythm.spread_ms.into()), &EN)
        )),
        Some(rhythm) => text.push_str(&format!(", about every {}", length(Interval::from_millis(rhythm.every_ms.into()), &EN))),
        None if *longest >= Interval::from_secs(60) => {
            let most = if *count == 1 { "" } else { "up to " };
            text.push_str(&format!(", for {most}{}", length(*longest, &EN)));
        }
        None => {}
    }
    text.push_str(&format!("; it sent {} and received {}.", size(*sent, "bytes"), size(*received, "bytes")));
    if *answered == 0 {
        text.push_str(" Nobody answered.");
    }
    if let Some(issuer) = self_signed {
        text.push_str(&format!(" The server's certificate is signed by itself ({}).", cut(issuer, 120)));
    }
    if !agent.is_empty() {
        text.push_str(&format!(" It called itself “{}”.", cut(agent, 120)));
    }
    text
}

fn pretends(pretence: &Pretence, content: Content, bytes: u64) -> String {
    match pretence {
        Pretence::NamedAs(ending) => format!("Its name ends in “{}”, but it is {}.", cut(ending, 12), noun(content)),
        Pretence::Digits { base64, reversed, program } => {
            let digits = if *base64 { "base64" } else { "hexadecimal digits" };
            let back = if *reversed { " written backwards" } else { "" };
            let inside = if *program {
                ": a Windows program in disguise".to_owned()
            } else {
                format!(": {} of something else, hidden or encrypted", size(bytes / 2, "bytes"))
            };
            format!("It is given out as text, but it is nothing but {digits}{back}{inside}.")
        }
        Pretence::Noise { bits } => {
            format!("It shows no type, and its bytes no order ({bits:.2} bits per byte): it is encrypted or packed.")
        }
    }
}

fn oddity(one: &Oddity) -> String {
    match one {
        Oddity::MadeThen(at) => format!("it claims to have been made on {}, which can't be", date(*at)),
        Oddity::DelphiTime => {
            "its time stamp (1992-06-19) is the constant that Delphi's linker writes, so that it hides when it was made".to_owned()
        }
        Oddity::Fresh(at) => format!("it was made on {}, just before it was fetched", date(*at)),
        Oddity::Unsigned => "nobody signed it".to_owned(),
        Oddity::NoImports => "it imports nothing, as packed programs do".to_owned(),
        Oddity::Packed(name, bits) => format!("its section {} is packed or encrypted ({bits:.1} bits per byte)", cut(name, 16)),
        Oddity::Overlay(bytes) => format!("{} of it lie behind its last section", size(*bytes, "bytes")),
    }
}

fn gave(by: &str, account: &str, what: &str, subject: &str, to: &Place, times: u64) -> String {
    let times = if times > 1 { format!(", {} times", grouped(times)) } else { String::new() };
    let subject = if subject.is_empty() { String::new() } else { format!(", subject “{}”", cut(subject, 120)) };
    match by {
        "SMTP" => format!("It sent mail from {} to {} through {}{subject}{times}.", cut(account, 80), cut(what, 160), place(to)),
        "FTP" => format!("It uploaded the file {} by FTP to {} as user {}{times}.", cut(what, 160), place(to), cut(account, 80)),
        "SMB write" => format!("It wrote the file {} into the share {} of {}{times}.", cut(what, 160), cut(account, 80), place(to)),
        _ => format!("It opened the file {} in the share {} of {}{times}.", cut(what, 160), cut(account, 80), place(to)),
    }
}

/// What a content is called, with its article.
pub(crate) const fn noun(content: Content) -> &'static str {
    match content {
        Content::WindowsProgram => "a Windows program",
        Content::Program => "a program",
        Content::Script => "a script",
        Content::Document => "a document",
        Content::Archive => "an archive",
        Content::Text => "a text",
        Content::Noise | Content::Other => "a file",
    }
}

fn place(place: &Place) -> String {
    let whereabouts = if place.whereabouts.is_empty() { String::new() } else { format!(", {}", place.whereabouts) };
    match (place.name.is_empty(), whereabouts.is_empty()) {
        (true, true) => place.addr.to_string(),
        (true, false) => format!("{} ({})", place.addr, place.whereabouts),
        _ => format!("{} ({}{whereabouts})", place.name, place.addr),
    }
}

fn about(text: &mut String, subject: &str, measures: &[(String, String)]) {
    if !subject.is_empty() {
        text.push_str(&format!(": {}", cut(subject, 160)));
    }
    if !measures.is_empty() {
        let all: Vec<String> = measures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        text.push_str(&format!(" ({})", all.join(", ")));
    }
}

fn repeat(text: &mut String, count: u64, last: String) {
    if count > 1 {
        text.push_str(&format!("; seen {} times, last at {last}", grouped(count)));
    }
}

fn said(text: &mut String, quotes: &[String]) {
    if !quotes.is_empty() {
        let quotes: Vec<String> = quotes.iter().map(|quote| format!("“{}”", cut(quote, 120))).collect();
        text.push_str(&format!(" In its own words: {}.", quotes.join(", ")));
    }
}

/// Some of a list, and how many more there are.
fn list(mut items: Vec<String>, most: usize) -> String {
    if items.len() > most {
        let more = items.len() - most;
        items.truncate(most);
        items.push(format!("{} more", grouped(more as u64)));
    }
    and(&items, "and")
}
