//! Mail is sent (RFC 5321), within the office, out of it and into it.

use super::dns::{Answer, Question};
use crate::calendar::mail_date;
use crate::cast::{FORWARDER, MAIL, PARTNER_MAIL, RESOLVER};
use crate::stage::Stage;
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Connection, Host, Path};

/// The domain of the people that the office writes to.
const PARTNER: &str = "cedar-print.example";
const PARTNER_SERVER: &str = "mx.cedar-print.example";

/// A mail with all that is in it.
pub(crate) struct Letter<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
    /// A file's name and content.
    pub(crate) attachment: Option<(&'a str, &'a [u8])>,
}

/// Somebody in the office hands a mail to the mail server.
pub(crate) fn submit(stage: &mut Stage, at: Timestamp, client: Host, letter: &Letter<'_>) {
    deliver(stage, at, (client, MAIL), Path::LOCAL, "[192.168.10.21]", letter);
}

/// The office's server hands a mail to the partner's, having looked for it.
pub(crate) fn send_out(stage: &mut Stage, at: Timestamp, letter: &Letter<'_>) {
    let asked = at + Interval::from_millis(2);
    let question = Question { name: PARTNER, kind: 15 };
    let answer = Answer::Mail(PARTNER_SERVER);
    stage.ask_name(asked, asked + Interval::from_millis(14), (RESOLVER, FORWARDER), &question, Some(&answer));
    stage.ask_name(at, asked + Interval::from_millis(15), (MAIL, RESOLVER), &question, Some(&answer));
    let found = stage.resolve(at + Interval::from_millis(20), MAIL, PARTNER_SERVER, &Answer::Address(PARTNER_MAIL.addr));
    deliver(stage, found, (MAIL, PARTNER_MAIL), Path::internet(40), "mail.office.example", letter);
}

/// A mail comes from outside.
pub(crate) fn receive(stage: &mut Stage, at: Timestamp, letter: &Letter<'_>) {
    deliver(stage, at, (PARTNER_MAIL, MAIL), Path::internet(40), PARTNER_SERVER, letter);
}

fn deliver(stage: &mut Stage, at: Timestamp, ends: (Host, Host), path: Path, name: &str, letter: &Letter<'_>) {
    let id = stage.dice().roll();
    let mut connection = stage.connect(at, ends.0, (ends.1, 25), path);
    transfer(&mut connection, name, id, letter);
}

/// A mail is handed over.
pub(crate) fn transfer(connection: &mut Connection<'_>, name: &str, id: u64, letter: &Letter<'_>) {
    let thinking = Interval::from_millis(3);
    connection.wait(thinking);
    connection.say(Side::Resp, b"220 mail ESMTP Postfix\r\n");
    connection.ask(format!("EHLO {name}\r\n").as_bytes(), thinking, b"250-mail\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n");
    connection.ask(format!("MAIL FROM:<{}> SIZE=2000\r\n", letter.from).as_bytes(), thinking, b"250 2.1.0 Ok\r\n");
    connection.ask(format!("RCPT TO:<{}>\r\n", letter.to).as_bytes(), thinking, b"250 2.1.5 Ok\r\n");
    connection.ask(b"DATA\r\n", thinking, b"354 End data with <CR><LF>.<CR><LF>\r\n");
    let body = content(connection.now(), id, letter);
    connection.ask(body.as_bytes(), Interval::from_millis(60), format!("250 2.0.0 Ok: queued as {:012X}\r\n", id >> 16).as_bytes());
    connection.ask(b"QUIT\r\n", thinking, b"221 2.0.0 Bye\r\n");
    connection.close(Side::Resp);
}

fn content(at: Timestamp, id: u64, letter: &Letter<'_>) -> String {
    let Letter { from, to, subject, text, attachment } = letter;
    let date = mail_date(at);
    let head = format!(
        "Date: {date}\r\nFrom: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{id:016x}@{}>\r\nUser-Agent: Mozilla Thunderbird\r\nMIME-Version: 1.0\r\n",
        from.split('@').next_back().unwrap_or_default()
    );
    match attachment {
        None => format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n.\r\n"),
        Some((name, bytes)) => {
            let edge = format!("------------{id:016x}");
            format!(
                "{head}Content-Type: multipart/mixed; boundary=\"{edge}\"\r\n\r\n--{edge}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
                 --{edge}\r\nContent-Type: application/pdf; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{}--{edge}--\r\n.\r\n",
                base64(bytes)
            )
        }
    }
}

/// In lines of 76 letters (RFC 2045 section 6.8).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let bits = u32::from(group[0]) << 16 | u32::from(*group.get(1).unwrap_or(&0)) << 8 | u32::from(*group.get(2).unwrap_or(&0));
            for place in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
                text.push(if place <= group.len() { char::from(letter) } else { '=' });
            }
        }
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_remainder() {
        assert_eq!(base64(b"abc"), "YWJj\r\n");
        assert_eq!(base64(b"ab"), "YWI=\r\n");
        assert_eq!(base64(b"a"), "YQ==\r\n");
        assert_eq!(base64(&[0; 58]).lines().count(), 2);
    }
}
