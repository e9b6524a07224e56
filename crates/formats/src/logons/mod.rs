//! Logons to Unix hosts and their mail: sshd, su, sudo, PAM, dovecot, Courier, Cyrus, FTP daemons, login.
//!
//! One format for all of them, since they share `auth.log` and `secure` and one server's lines follow another's. Who came in, who was
//! refused and who left are rows of `logon`; what else these programs say is a row of `device`. Sources: OpenSSH's and PAM's
//! messages, dovecot's documentation. Left out: what a session did.

mod mail;
mod ssh;
mod unix;

use crate::{rows, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Logons;

/// Programs whose messages are about logons.
const PROGRAMS: &[&[u8]] = &[
    b"sshd",
    b"[sshd]",
    b"chfn",
    b"chsh",
    b"ipop3d",
    b"timsieved",
    b"sieve",
    b"sshd-session",
    b"sshd-auth",
    b"dropbear",
    b"su",
    b"sudo",
    b"login",
    b"dovecot",
    b"imapd",
    b"imapd-ssl",
    b"pop3d",
    b"pop3d-ssl",
    b"courierpop3login",
    b"courier-pop3d",
    b"courier-imapd",
    b"authdaemond",
    b"imap",
    b"pop3",
    b"imaps",
    b"pop3s",
    b"vsftpd",
    b"proftpd",
    b"pure-ftpd",
    b"ftpd",
    b"systemd-logind",
    b"gdm-password",
    b"polkitd",
    b"CRON",
    b"cron",
    b"useradd",
    b"userdel",
    b"groupadd",
    b"usermod",
    b"passwd",
    b"chage",
    b"gpasswd",
    b"groupdel",
    b"groupmod",
    b"auth-worker",
    b"lightdm",
    b"runuser",
    b"crond",
    b"anacron",
    b"atd",
    b"xrdp-sesman",
];

impl LogFormat for Logons {
    fn name(&self) -> &'static str {
        "logons"
    }

    fn about(&self) -> &'static str {
        "sshd, su, sudo, PAM, dovecot, Courier, FTP daemons"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages)
    }
}

fn is_ours(record: &Record<'_>) -> bool {
    let program = named(record);
    PROGRAMS.contains(&program) || is_vsftpd(record) || unix::is_pam(record.text) || record.program.ends_with(b"(pam_unix)")
}

/// The program without its path; `[sshd]` and `su(pam_unix)` name theirs in other ways.
fn named<'a>(record: &Record<'a>) -> &'a [u8] {
    let program = record.program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let program = program.strip_suffix(b"(pam_unix)").unwrap_or(program);
    if record.program.starts_with(b"dovecot/") { b"dovecot" } else { program }
}

/// `[pid 7] [x] FAIL LOGIN: Client "10.0.0.5"`: vsftpd's own file, behind its time.
fn is_vsftpd(record: &Record<'_>) -> bool {
    record.own.starts_with(b"[pid ") && crate::text::has(record.own, b"] ")
}

struct Messages;

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record) {
            return Err(DecodeError::new("no message about a logon", 0));
        }
        let program = named(record);
        let text = if is_vsftpd(record) { record.own } else { record.text };
        let text = without_id(text.trim_ascii());
        let logon = match program {
            _ if unix::is_pam(text) => unix::pam(program, text),
            b"sshd" | b"sshd-session" | b"sshd-auth" => ssh::said(text),
            b"dropbear" => ssh::dropbear(text),
            _ if is_vsftpd(record) => mail::ftp(text),
            b"su" => unix::su(text),
            b"sudo" => unix::sudo(text),
            b"useradd" | b"userdel" | b"usermod" | b"passwd" | b"groupadd" => unix::changed(text),
            b"vsftpd" | b"proftpd" | b"pure-ftpd" | b"ftpd" => mail::ftp(text),
            _ => mail::said(program, text),
        };
        match logon {
            Some(logon) => out(logon.row(at, record.host)),
            // Programs whose messages are not told here one by one say it in words.
            None if !program.starts_with(b"sshd")
                && let Some(said) = words::logon(text)
                && let (source, user) = (words::source(text), words::user(text).unwrap_or_default())
                && source.0.is_some() =>
            {
                out(crate::fields::told_logon(said, at, record, source, user, text).with(crate::logon::SERVICE, program));
            }
            None => out(rows::told(at, record, "", b"", ssh::address(text).or_else(|| crate::mails::bracketed(text).0), text)
                .with(crate::device::PROGRAM, program)),
        }
        Ok(())
    }
}

/// Solaris puts `[ID 800047 auth.info] ` before its messages.
fn without_id(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"[ID ") {
        Some(rest) => crate::text::after(rest, b"] ").unwrap_or(text),
        None => text,
    }
}
