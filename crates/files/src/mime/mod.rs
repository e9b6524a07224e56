//! A file's type from its first bytes.

/// How many bytes of a file's beginning decide its type: Zeek's `default_file_bof_buffer_size`.
pub(crate) const HEAD_BYTES: usize = 4096;

/// The type of a file that begins with `head`; `None` where its beginning shows none.
pub fn detect(head: &[u8]) -> Option<&'static str> {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    if head.starts_with(b"MZ") {
        return Some("application/x-dosexec");
    }
    let text = head.get(..10)?;
    text.iter().all(|&byte| (0x20..0x7f).contains(&byte) || (9..=13).contains(&byte)).then_some("text/plain")
}

/// Types that a protocol knows better than the content does: Zeek sets them without looking.
pub(crate) fn declared(source: &str, mime: Option<&str>) -> Option<&'static str> {
    const TRUSTED: &[&str] = &["application/x-x509-user-cert", "application/x-x509-ca-cert", "application/ocsp-response"];
    if source == "HTTP" || source == "SMTP" {
        return None;
    }
    TRUSTED.iter().copied().find(|known| Some(*known) == mime)
}
