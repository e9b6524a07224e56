//! MIME, as HTTP, SMTP, POP3 and IMAP carry it (RFC 2045-2049, RFC 5322): lines, headers, multipart nesting, transfer
//! encodings. Lenient where Zeek is lenient, so that the same bodies come out. What it leaves out: uuencode, RFC 2231
//! continuations.

pub mod base64;
pub mod lines;
pub mod mail;
pub mod part;
pub mod token;

pub use lines::{Ends, Lines, Piece};
pub use mail::{Mail, MailEvents};
pub use part::{Content, Header, Part};
