//! Access logs: `client ident user [time] "request" status bytes "referer" "agent"`, with a virtual host before it or not.

use crate::Stamps;
use crate::rows::{Http, method};
use crate::text::{addr, after, end, has, number, port, quoted, split, split_last, told, word, words};
use contract::Record;
use model::{Event, Timestamp};

/// A line of an access log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    at: Timestamp,
    client: &'a [u8],
    /// The virtual host, where one stands before the client.
    host: &'a [u8],
    user: &'a [u8],
    /// The request, as it stands between its quotes.
    request: &'a [u8],
    status: Option<u64>,
    bytes: Option<u64>,
    referrer: &'a [u8],
    agent: &'a [u8],
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) host: &'a [u8],
    pub(crate) port: u16,
    pub(crate) path: &'a [u8],
}

impl<'a> Target<'a> {
    /// Of a URL, a path, or (of `CONNECT`) a host and its port.
    pub(crate) fn of(url: &'a [u8], connect: bool) -> Self {
        let (scheme, rest) = match memchr::memmem::find(url, b"://") {
            Some(place) if place < 12 && !connect => (&url[..place], &url[place + 3..]),
            _ if connect => (&b"connect"[..], url),
            _ => return Self { host: b"", port: 0, path: url },
        };
        let stop = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
        let (place, path) = rest.split_at(stop);
        let place = split_last(place, b'@').map_or(place, |(_, place)| place);
        let standard = match scheme {
            b"https" | b"connect" => 443,
            b"ftp" => 21,
            _ => 80,
        };
        let (host, number) = match split_last(place, b':') {
            Some((host, number)) if !number.contains(&b']') => match port(number) {
                Some(number) => (host, number),
                // `error:method-not-allowed` names no host.
                None => return Self { host: b"", port: 0, path: url },
            },
            _ => (place, standard),
        };
        let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
        Self {
            host,
            port: number,
            path: if connect {
                url
            } else if path.is_empty() {
                b"/"
            } else {
                path
            },
        }
    }
}

/// Reads a line. `None` where it is none.
pub(crate) fn line<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<Line<'a>> {
    let open = memchr::memchr(b'[', text)?;
    let (before, rest) = (&text[..open], &text[open + 1..]);
    let (at, rest) = stamps.web(rest)?;
    let rest = rest.strip_prefix(b"]")?.trim_ascii_start();
    let (request, rest) = quoted(rest.strip_prefix(b"\"")?);
    let (forwarded, before) = forwarded(before);
    let mut before = words(before);
    let (mut client, mut host) = (before.next()?, &b""[..]);
    let mut ident = before.next()?;
    if addr(ident).is_some() && addr(client).is_none() {
        (host, client) = (client, ident);
        ident = before.next()?;
    }
    let client = forwarded.unwrap_or(client);
    let _ = ident;
    let user = before.next().unwrap_or(b"-");
    // BunkerWeb writes a request's id where others write a user.
    let id = user.len() == 32 && user.iter().all(u8::is_ascii_hexdigit);
    let user = if id { b"-" } else { user };
    let (status, rest) = word(rest.trim_ascii_start());
    let (bytes, rest) = word(rest);
    let (referrer, rest) = text_in_quotes(rest);
    let (agent, _) = text_in_quotes(rest);
    // A line without a status, or without a dash for it, is something else.
    let known = number(status);
    (known.is_some() || status == b"-").then(|| Line {
        at,
        client,
        host,
        user,
        request,
        status: known,
        bytes: number(bytes),
        referrer,
        agent,
    })
}

/// `203.0.113.7, 10.0.0.9, 10.0.0.1 - -`, in quotes or not: what proxies told of a client, of which the first outside address is the
/// client's, and where there is none, the first. Returns it, and the line from the list's last address on.
fn forwarded(before: &[u8]) -> (Option<&[u8]>, &[u8]) {
    /// Proxies that stand in a row.
    const ADDRESSES_MAX: usize = 16;
    let (mut rest, mut first, mut outside) = (before, None, None);
    for _ in 0..ADDRESSES_MAX {
        let (given, behind) = word(rest);
        let Some(given) = given.strip_suffix(b",") else { break };
        let given = given.strip_prefix(b"\"").unwrap_or(given);
        first = first.or(Some(given));
        outside = outside.or_else(|| addr(given).filter(|addr| !addr.is_private()).map(|_| given));
        rest = behind;
    }
    if first.is_some() && outside.is_none() {
        // The last of the list has no comma.
        let last = word(rest).0;
        let last = last.strip_suffix(b"\"").unwrap_or(last);
        outside = addr(last).filter(|addr| !addr.is_private() && !addr.to_ip().is_loopback()).map(|_| last);
    }
    (outside.or(first), rest)
}

fn text_in_quotes(rest: &[u8]) -> (&[u8], &[u8]) {
    let rest = rest.trim_ascii_start();
    match rest.strip_prefix(b"\"") {
        Some(inside) => quoted(inside),
        // A dash may stand without quotes.
        None => rest.strip_prefix(b"- ").map_or((&[][..], rest), |behind| (&[][..], behind)),
    }
}

/// `[time] client protocol cipher "request" bytes`: Apache's log of TLS requests, as its sample settings write it.
pub(crate) fn ssl_request<'a>(record: &Record<'a>) -> Option<Line<'a>> {
    let at = record.at?;
    let (client, rest) = word(record.own);
    addr(client)?;
    let (protocol, rest) = word(rest);
    if !protocol.starts_with(b"TLS") && !protocol.starts_with(b"SSL") {
        return None;
    }
    let (_cipher, rest) = word(rest);
    let (request, rest) = quoted(rest.strip_prefix(b"\"")?);
    let bytes = number(word(rest.trim_ascii_start()).0);
    Some(Line { at, client, host: b"", user: b"-", request, status: None, bytes, referrer: b"", agent: b"" })
}

/// `[time] HIT 200 200 - GET https a.example "/path" [Client 10.0.0.5] [Length 7] … "agent" "referer"`: Nginx Proxy Manager.
pub(crate) fn managed<'a>(http: &Http, record: &Record<'a>) -> Option<Event> {
    let at = record.at?;
    let place = memchr::memmem::find(record.own, b" [Client ")?;
    let (before, behind) = (&record.own[..place], &record.own[place + 9..]);
    let open = memchr::memchr(b'"', before)?;
    let (path, _) = quoted(&before[open + 1..]);
    let head: Vec<&[u8]> = words(&before[..open]).take(8).collect();
    let [.., verb, scheme, host] = head[..] else { return None };
    if scheme != b"http" && scheme != b"https" {
        return None;
    }
    let (client, rest) = split(behind, b']')?;
    let length = crate::text::between(rest, b"[Length ", b"]").and_then(number);
    let agent = split(rest, b'"').map(|(_, rest)| quoted(rest));
    let referrer = agent.map(|(_, rest)| text_in_quotes(rest).0).unwrap_or_default();
    let resp = (addr(host), if scheme == b"https" { 443 } else { 80 });
    let mut row = http.row(at, (addr(client), 0), resp, path);
    row.set(http.method, method(verb));
    row.set(http.host, host);
    row.set(http.uri, path);
    row.set(http.status, head.iter().find_map(|word| number(word)));
    row.set(http.response_bytes, length);
    row.set(http.user_agent, agent.and_then(|(agent, _)| told(agent)));
    row.set(http.referrer, told(referrer));
    Some(row)
}

/// `[time] a.example 10.0.0.5 0.227 "GET / HTTP/1.1" 200 125 440 - agent`: NPMplus, whose agents stand without quotes.
pub(crate) fn timed<'a>(record: &Record<'a>) -> Option<Line<'a>> {
    let at = record.at?;
    let (host, rest) = word(record.own);
    let (client, rest) = word(rest);
    addr(client)?;
    let (spent, rest) = word(rest);
    spent.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.').then_some(())?;
    let (request, rest) = quoted(rest.strip_prefix(b"\"")?);
    let (status, rest) = word(rest.trim_ascii_start());
    let (bytes, rest) = word(rest);
    let (_sent, rest) = word(rest);
    let (referrer, agent) = word(rest);
    let host = if host == b"_" { b"" } else { host };
    Some(Line { at, client, host, user: b"-", request, status: Some(number(status)?), bytes: number(bytes), referrer, agent })
}

/// `[time] "GET / HTTP/2" 200 - 0 7 3 2 "10.0.0.5" "agent" "id" "a.example" "10.0.0.9:80"`: Envoy's own format.
pub(crate) fn envoy<'a>(record: &Record<'a>) -> Option<Line<'a>> {
    let at = record.at?;
    let (request, rest) = quoted(record.own.strip_prefix(b"\"")?);
    let (status, rest) = word(rest.trim_ascii_start());
    let status = number(status)?;
    let mut quotes = rest.splitn(2, |byte| *byte == b'"');
    let (numbers, mut rest) = (quotes.next()?, quotes.next()?);
    let bytes = words(numbers).filter_map(number).nth(1);
    let mut texts = [&b""[..]; 4];
    for text in &mut texts {
        let (inside, behind) = quoted(rest);
        *text = inside;
        rest = split(behind, b'"').map_or(&[][..], |(_, rest)| rest);
    }
    let [client, agent, _id, host] = texts;
    let client = split(client, b',').map_or(client, |(first, _)| first);
    Some(Line { at, client, host, user: b"-", request, status: Some(status), bytes, referrer: b"", agent })
}

/// The request that an error is about: `client: 10.0.0.5, server: a.example, request: "GET / HTTP/1.1", host: "a.example"`.
pub(crate) fn told_by_error(http: &Http, at: Timestamp, client: crate::rows::End, said: &[u8]) -> Option<Event> {
    let place = memchr::memmem::rfind(said, b"request: \"")?;
    let (request, rest) = quoted(&said[place + 10..]);
    let host = after(rest, b"host: \"").map(|rest| quoted(rest).0).unwrap_or_default();
    let host = split_last(host, b':').filter(|(_, number)| port(number).is_some()).map_or(host, |(host, _)| host);
    let referrer = after(rest, b"referrer: \"").map(|rest| quoted(rest).0).unwrap_or_default();
    let line = Line { at, client: b"", host, user: b"-", request, status: None, bytes: None, referrer, agent: b"" };
    let mut event = row(http, &line);
    if let Some(cell) = event.cells_mut().get_mut(2) {
        *cell = client.0.into();
    }
    Some(event)
}

/// The row for a line.
pub(crate) fn row(http: &Http, line: &Line<'_>) -> Event {
    let (verb, rest) = word(line.request);
    let upper = verb.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    // A misspelt method is one all the same where a version follows.
    let named = upper || verb.iter().all(u8::is_ascii_alphabetic) && has(rest, b" HTTP/");
    let is_request = !verb.is_empty() && named && !rest.is_empty();
    let (url, version) = match split_last(rest, b' ') {
        Some((url, version)) if version.starts_with(b"HTTP/") => (url, &version[5..]),
        _ => (rest, &b""[..]),
    };
    let target = if is_request { Target::of(url, verb == b"CONNECT") } else { Target { host: b"", port: 0, path: line.request } };
    let (vhost, vport) = match split_last(line.host, b':').map(|(host, number)| (host, port(number))) {
        Some((host, Some(number))) => (host, number),
        _ => (line.host, 0),
    };
    let host = if target.host.is_empty() { vhost } else { target.host };
    let resp = (addr(host), if target.port == 0 { vport } else { target.port });
    let mut row = http.row(line.at, (addr(line.client), 0), resp, line.request);
    if is_request {
        row.set(http.method, method(verb));
    }
    row.set(http.host, told(host));
    row.set(http.uri, told(target.path));
    row.set(http.version, told(version));
    row.set(http.status, line.status.filter(|status| *status != 0));
    row.set(http.response_bytes, line.bytes);
    row.set(http.referrer, told(line.referrer));
    row.set(http.user_agent, told(line.agent));
    row.set(http.username, told(line.user).filter(|user| *user != b"\"\""));
    row
}

/// A line of the rewrite log: who, of which host, what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rewrite<'a> {
    at: Timestamp,
    client: &'a [u8],
    host: &'a [u8],
    said: &'a [u8],
}

/// `client - - [time] [host/sid#…][rid#…/initial] (2) said`.
pub(crate) fn rewrite<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<Rewrite<'a>> {
    let (before, rest) = split(text, b'[')?;
    let (at, rest) = stamps.web(rest)?;
    let rest = rest.strip_prefix(b"]")?.trim_ascii_start().strip_prefix(b"[")?;
    let (host, rest) = split(rest, b'/')?;
    let rest = after(rest.strip_prefix(b"sid#")?, b"[rid#")?;
    let (_, said) = split(rest, b')')?;
    Some(Rewrite { at, client: word(before).0, host, said: said.trim_ascii_start() })
}

/// The row of the line that names the request.
pub(crate) fn tell_rewrite(http: &Http, line: &Rewrite<'_>, out: &mut dyn FnMut(Event)) {
    let Some(uri) = line.said.strip_prefix(b"init rewrite engine with requested uri ") else { return };
    let mut row = http.row(line.at, end(line.client, b':'), (addr(line.host), 0), uri);
    row.set(http.host, told(line.host));
    row.set(http.uri, uri);
    out(row);
}
