//! A file's type from its first bytes, as Zeek finds it: every signature that fits is a sign, the strongest counts.

mod markup;
mod pattern;
mod signatures;
mod strong;
mod text;
mod weak;

/// How many bytes of a file's beginning decide its type: Zeek's `default_file_bof_buffer_size`.
pub(crate) const HEAD_BYTES: usize = 4096;

/// The type of a file that begins with `head`; `None` where its beginning shows none.
pub fn detect(head: &[u8]) -> Option<&'static str> {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    let markup = markup::judge(head);
    let better = |strength: i16, mime: &str| markup.is_none_or(|(known, type_known)| (strength, type_known) > (known, mime));
    let first = signatures::all().take_while(|sign| better(sign.strength, sign.mime)).find(|sign| pattern::begins(head, sign.parts));
    first.map(|sign| sign.mime).or(markup.map(|(_, mime)| mime))
}

/// Types that a protocol knows better than the content does: Zeek sets them without looking. For bodies of HTTP and
/// mail the content alone counts.
pub(crate) fn declared(source: &str, mime: Option<&str>) -> Option<&'static str> {
    const TRUSTED: &[&str] = &["application/x-x509-user-cert", "application/x-x509-ca-cert", "application/ocsp-response"];
    if matches!(source, "HTTP" | "SMTP" | "POP3" | "IMAP") {
        return None;
    }
    TRUSTED.iter().copied().find(|known| Some(*known) == mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_stand_in_order() {
        let order: Vec<_> = signatures::all().map(|sign| (std::cmp::Reverse(sign.strength), sign.mime)).collect();
        assert!(order.is_sorted(), "the first that fits must be the strongest, then the first of the alphabet");
    }

    #[test]
    fn types_are_found() {
        let check = |head: &[u8], expected: Option<&str>| assert_eq!(detect(head), expected, "{}", head.escape_ascii());
        check(b"", None);
        check(b"MZ\x90\0\x03", Some("application/x-dosexec"));
        check(b"hello, wor", Some("text/plain"));
        check(b"hello, wo", None);
        check(b"\xef\xbb\xbfhello, world", Some("text/plain"));
        check(b"\x89PNG\r\n\x1a\n", Some("image/png"));
        check(b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp"));
        check(b"PK\x03\x04\x14\0\0\0", Some("application/zip"));
        check(b"{\"a\": 1}", Some("text/json"));
        check(b"{a:[", Some("text/json"));
        check(b"[1,2]", Some("text/json"));
        check(b"[\"x\" ,", Some("text/json"));
        check(b"[12]      ", Some("text/plain"));
        check(b"{}", None);
        check(b"[section]\r\nkey=value", Some("text/ini"));
        check(b"#!/usr/bin/env python3\n", Some("text/x-python"));
        check(b"#!/bin/bash\n", Some("text/x-shellscript"));
        check(b"@ECHO  off\r\n", Some("text/x-msdos-batch"));
        check(
            b"\x30\x82\x01\x02\x0a\x01\0\xa0\x82\x01\x02\x30\x82\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01",
            Some("application/ocsp-response"),
        );
        check(b"<script type=\"text/JavaScript\">", Some("application/javascript"));
        check(b"\xff\xd8\xff\xe0", Some("image/jpeg"));
        check(b"\xff\xfb\x90", Some("audio/mpeg"));
    }

    #[test]
    fn markup_is_told_apart() {
        let check = |head: &[u8], expected: Option<&str>| assert_eq!(detect(head), expected, "{}", head.escape_ascii());
        check(b"<HTML>", Some("text/html"));
        check(b"\r\n <!-- a --> \n<!DOCTYPE   html>", Some("text/html"));
        check(b"<!-- <html> is not yet here", Some("text/plain"));
        check(b"<!-- > --> x --><html>", Some("text/html"));
        check(b"<?xml version=\"1.0\"?>\n<note>", Some("application/xml"));
        check(b"<?xml version=\"1.0\"?>\n<!-- x --><html>", Some("text/html"));
        check(b"<?xml version=\"1.0\"?><svg>", Some("image/svg+xml"));
        check(b"\xff\xfe<\0?\0x\0m\0l\0 \0", Some("application/xml"));
        check(b"<?xml version=\"1.0\"?><rss version=\"2\">", Some("text/rss"));
        check(b"<rss xmlns:atom=\"x\">", Some("text/atom"));
        check(b"<feed xmlns=\"http://www.w3.org/2005/Atom\">", Some("text/atom"));
        check(b"<cross-domain-policy>", Some("text/x-cross-domain-policy"));
        check(b"<SOAP-ENV:Envelope>", Some("application/soap+xml"));
        check(b"<head><title>", Some("text/html"));
        check(b"<div>some text", Some("text/plain"));
    }
}
