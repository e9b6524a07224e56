//! Messages of Kerberos 5 (RFC 4120 section 5), as far as they are not encrypted.
//!
//! Every message is `[APPLICATION n] SEQUENCE` of context-tagged fields. Fields that are cut off are taken as absent.

use super::ber::Element;
use model::Timestamp;

/// Preauthentication data that carries certificates (RFC 4556 section 3.2): the client's request, the server's answer.
const PA_PK_AS: [u64; 2] = [16, 17];
/// Preauthentication data that shows a ticket (RFC 4120 section 5.2.7.1).
const PA_TGS_REQ: u64 = 1;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// AS-REQ or TGS-REQ.
    Request(Request<'a>),
    /// AS-REP or TGS-REP.
    Reply(Reply<'a>),
    /// AP-REQ: a ticket shown to a service.
    Show(Ticket<'a>),
    /// AP-REP: the service's answer.
    Shown,
    /// KRB-ERROR.
    Error(Failure<'a>),
    /// SAFE, PRIV, CRED.
    Other,
}

/// A request for a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    /// Whether for a service (TGS), not a first ticket (AS).
    pub(crate) for_service: bool,
    /// Whether a ticket is shown with it.
    pub(crate) shows_ticket: bool,
    /// What stands where a certificate is expected in its signed data.
    pub(crate) certificate: Option<&'a [u8]>,
    /// The options' 32 bits.
    pub(crate) options: Option<u32>,
    /// Who.
    pub(crate) client: Option<Vec<u8>>,
    /// The realm of the service.
    pub(crate) realm: Option<&'a [u8]>,
    /// For what.
    pub(crate) service: Option<Vec<u8>>,
    /// From when.
    pub(crate) from: Option<Timestamp>,
    /// Until when.
    pub(crate) till: Option<Timestamp>,
}

/// A ticket granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    /// What stands where a certificate is expected in its signed data.
    pub(crate) certificate: Option<&'a [u8]>,
    /// The client's realm.
    pub(crate) realm: Option<&'a [u8]>,
    /// The client.
    pub(crate) client: Option<Vec<u8>>,
    /// The ticket.
    pub(crate) ticket: Ticket<'a>,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket<'a> {
    /// The realm of the service.
    pub(crate) realm: &'a [u8],
    /// The service.
    pub(crate) service: Vec<u8>,
    /// The encryption type.
    pub(crate) cipher: u64,
}

/// A refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// The code.
    pub(crate) code: u64,
    /// The client's realm.
    pub(crate) client_realm: Option<&'a [u8]>,
    /// The client.
    pub(crate) client: Option<Vec<u8>>,
    /// The service.
    pub(crate) service: Option<Vec<u8>>,
    /// The reason in words.
    pub(crate) text: Option<&'a [u8]>,
}

/// Reads a message; `None` where it is none, or lacks what it must have.
pub(crate) fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let outer = Element::read_lax(bytes)?;
    let body = || Element::read_lax(outer.content).filter(|body| body.tag == 0x30);
    match outer.tag {
        0x6a | 0x6c => request(&body()?, outer.tag == 0x6c).map(Message::Request),
        0x6b | 0x6d => reply(&body()?).map(Message::Reply),
        0x6e => body()?.context(3).and_then(|wrapped| ticket(&wrapped)).map(Message::Show),
        0x6f => body().map(|_| Message::Shown),
        0x7e => failure(&body()?).map(Message::Error),
        0x74..=0x76 => Some(Message::Other),
        _ => None,
    }
}

fn request<'a>(body: &Element<'a>, for_service: bool) -> Option<Request<'a>> {
    body.context(2)?;
    let mut request = Request { for_service, ..Request::default() };
    let padata = body.context(3);
    for (kind, value) in padata.iter().flat_map(preauthentication) {
        if kind == PA_TGS_REQ {
            request.shows_ticket = true;
        } else if PA_PK_AS.contains(&kind) {
            request.certificate = certificate(value);
        }
    }
    let Some(asked) = body.context(4) else { return Some(request) };
    request.options = asked.context(0).and_then(|bits| bits.content.get(1..5)?.try_into().ok()).map(u32::from_be_bytes);
    request.client = asked.context(1).map(|name| principal(&name));
    request.realm = asked.context(2).map(|realm| realm.content);
    request.service = asked.context(3).map(|name| principal(&name));
    request.from = asked.context(4).map(|time| instant(time.content));
    request.till = asked.context(5).map(|time| instant(time.content));
    Some(request)
}

fn reply<'a>(body: &Element<'a>) -> Option<Reply<'a>> {
    let mut shown = None;
    let padata = body.context(2);
    for (kind, value) in padata.iter().flat_map(preauthentication) {
        if PA_PK_AS.contains(&kind) {
            shown = certificate(value);
        }
    }
    let client = body.context(4).map(|name| principal(&name));
    Some(Reply { certificate: shown, realm: body.context(3).map(|realm| realm.content), client, ticket: ticket(&body.context(5)?)? })
}

/// `[APPLICATION 1] SEQUENCE { [0] version, [1] realm, [2] service, [3] encrypted part }`.
fn ticket<'a>(wrapped: &Element<'a>) -> Option<Ticket<'a>> {
    let body = Element::read_lax(wrapped.content)?;
    let secret = body.children().find(|child| child.tag == 0xa3)?;
    let cipher = Element::read_lax(secret.content)?.context(0)?.number();
    Some(Ticket { realm: body.context(1)?.content, service: principal(&body.context(2)?), cipher })
}

fn failure<'a>(body: &Element<'a>) -> Option<Failure<'a>> {
    Some(Failure {
        code: body.context(6)?.number(),
        client_realm: body.context(7).map(|realm| realm.content),
        client: body.context(8).map(|name| principal(&name)),
        service: body.context(10).map(|name| principal(&name)),
        text: body.context(11).map(|text| text.content),
    })
}

/// A principal's name, its parts joined by slashes. Names of more than three parts are `unknown`, as in Zeek.
fn principal(name: &Element<'_>) -> Vec<u8> {
    let Some(parts) = name.context(1) else { return b"unknown".to_vec() };
    let parts: Vec<&[u8]> = parts.children().take(4).map(|part| part.content).collect();
    if matches!(parts.len(), 1..=3) { parts.join(&b'/') } else { b"unknown".to_vec() }
}

/// Type and value of each piece of preauthentication data.
fn preauthentication<'a>(list: &Element<'a>) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
    list.children().filter_map(|piece| Some((piece.context(1)?.number(), piece.context(2)?.content)))
}

/// The fourth element of a CMS SignedData (RFC 5652 section 5.1) somewhere inside: certificates if there are any, and
/// else whatever follows, which Zeek takes for one as well.
fn certificate(value: &[u8]) -> Option<&[u8]> {
    const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let at = value.windows(SIGNED_DATA.len()).position(|window| window == SIGNED_DATA)?;
    let wrapped = Element::read_lax(&value[at + SIGNED_DATA.len()..])?;
    let signed = Element::read_lax(wrapped.content)?;
    signed.children().nth(3).map(|element| element.content)
}

/// `YYYYMMDDhhmmssZ` as a point in time; the epoch where it is not one.
fn instant(text: &[u8]) -> Timestamp {
    let read = || {
        let digits = std::str::from_utf8(text.get(..14)?).ok().filter(|_| text.len() == 15)?;
        let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let seconds = part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?;
        Some(Timestamp::from_secs(days(year, month, day) * 86_400 + seconds))
    };
    read().unwrap_or_default()
}

/// Days since 1970-01-01 in the Gregorian calendar: months counted from March, so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2).div_euclid(5) + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc() {
        assert_eq!(instant(b"20370913024805Z"), Timestamp::from_secs(2_136_422_885));
        assert_eq!(instant(b"19700101000000Z"), Timestamp::default());
        assert_eq!(instant(b"2037091302480"), Timestamp::default());
        assert_eq!((days(2000, 2, 29), days(1970, 1, 1), days(1969, 12, 31)), (11_016, 0, -1));
    }

    #[test]
    fn a_request_without_a_body_is_still_one() {
        let bytes = [0x6a, 0x0c, 0x30, 0x0a, 0xa1, 0x03, 0x02, 0x01, 0x05, 0xa2, 0x03, 0x02, 0x01, 0x0a];
        assert_eq!(parse(&bytes), Some(Message::Request(Request::default())));
        assert_eq!(parse(&bytes[..6]), None);
        assert_eq!(parse(&[0x60, 0]), None);
    }
}
