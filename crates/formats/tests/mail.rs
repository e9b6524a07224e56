//! Mail servers' lines, in the published formats.

mod stage;

use stage::{lines, seen};

const COLUMNS: [&str; 8] = ["ts", "id.orig_h", "id.resp_h", "id.resp_p", "helo", "mailfrom", "rcptto", "last_reply"];

#[test]
fn postfix_joins_by_the_queues_id() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 mx postfix/smtpd[7]: connect from pc5.a.example[10.0.0.5]\n\
         Oct 26 09:42:48 mx postfix/smtpd[7]: 4F2A1B3C4D: client=pc5.a.example[10.0.0.5], sasl_method=PLAIN, sasl_username=sakata\n\
         Oct 26 09:42:48 mx postfix/cleanup[8]: 4F2A1B3C4D: message-id=<1@a.example>\n\
         Oct 26 09:42:48 mx postfix/qmgr[9]: 4F2A1B3C4D: from=<a@a.example>, size=700, nrcpt=2 (queue active)\n\
         Oct 26 09:42:49 mx postfix/smtp[10]: 4F2A1B3C4D: to=<b@b.example>, relay=mx.b.example[203.0.113.9]:25, delay=1.2, dsn=2.0.0, status=sent (250 ok)\n\
         Oct 26 09:42:50 mx postfix/local[11]: 4F2A1B3C4D: to=<c@a.example>, relay=local, delay=2, dsn=2.0.0, status=sent (delivered)\n\
         Oct 26 09:42:50 mx postfix/qmgr[9]: 4F2A1B3C4D: removed\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "smtp", &COLUMNS),
        [
            "1161855769 - 203.0.113.9 25 - a@a.example b@b.example sent (250 ok)",
            "1161855768 10.0.0.5 - 25 - a@a.example b@b.example,c@a.example sent (delivered)"
        ]
    );
    assert_eq!(seen(&events, "logon", &["service", "user", "source", "success", "method"]), ["smtp sakata 10.0.0.5 T PLAIN"]);
    assert_eq!(seen(&events, "device", &["source"]), ["10.0.0.5"]);
}

#[test]
fn postfixs_rejects_and_failed_logons() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.7]: 554 5.7.1 <b@c.example>: Relay access denied; from=<a@a.example> to=<b@c.example> proto=ESMTP helo=<x>\n\
         Oct 26 09:42:48 mx postfix/smtpd[7]: NOQUEUE: reject: EHLO from unknown[203.0.113.7]: 504 5.5.2 <User>: Helo command rejected: need fully-qualified hostname; proto=SMTP helo=<User>\n\
         Oct 26 09:42:48 mx postfix/smtpd[7]: warning: unknown[203.0.113.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=x\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "smtp", &["id.orig_h", "helo", "mailfrom", "rcptto", "last_reply"])[0],
        "203.0.113.7 x a@a.example b@c.example 554 5.7.1 <b@c.example>: Relay access denied"
    );
    assert_eq!(seen(&events, "logon", &["user", "source", "success", "reason"]), ["x 203.0.113.7 F UGFzc3dvcmQ6"]);
}

#[test]
fn sendmail_joins_and_rejects() {
    let (events, counts) = lines(
        "Oct 26 09:42:48 mx sendmail[7]: k9Q9gm0071: from=<a@a.example>, size=7, class=0, nrcpts=1, msgid=<1@a.example>, proto=ESMTP, daemon=MTA, relay=pc5.a.example [10.0.0.5]\n\
         Oct 26 09:42:49 mx sendmail[8]: k9Q9gm0071: to=<b@b.example>, delay=00:00:01, mailer=esmtp, relay=mx.b.example. [203.0.113.9], dsn=2.0.0, stat=Sent (ok)\n\
         Oct 26 09:42:50 mx sm-mta[9]: k9Q9gm0072: ruleset=check_rcpt, arg1=<c@c.example>, relay=x.example [203.0.113.7] (may be forged), reject=550 5.7.1 Relaying denied\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "smtp", &COLUMNS),
        [
            "1161855768 10.0.0.5 203.0.113.9 25 - a@a.example b@b.example Sent (ok)",
            "1161855770 203.0.113.7 - 25 - - c@c.example 550 5.7.1 Relaying denied"
        ]
    );
}

#[test]
fn exim_in_its_own_file() {
    let (events, counts) = lines(
        "2006-10-26 09:42:48 1GcnAB-0001Fg-Hi <= a@a.example H=pc5.a.example (pc5) [10.0.0.5]:1036 P=esmtp S=700 id=1@a.example\n\
         2006-10-26 09:42:49 1GcnAB-0001Fg-Hi => b@b.example R=dnslookup T=remote_smtp H=mx.b.example [203.0.113.9]:25 C=\"250 ok\"\n\
         2006-10-26 09:42:49 1GcnAB-0001Fg-Hi Completed\n\
         2006-10-26 09:42:50 H=([192.0.2.1]) [203.0.113.7]:1036 I=[10.0.0.1]:25 F=<x@x.example> rejected RCPT <y@y.example>: relay not permitted\n\
         2006-10-26 09:42:51 [77] login authenticator failed for (USER) [203.0.113.7]: 535 Incorrect authentication data (set_id=info)\n\
         2006-10-26 09:42:52 no host name found for IP address 203.0.113.7\n",
    );
    assert!(counts.unread.is_empty(), "{:?}", counts.unread);
    assert_eq!(
        seen(&events, "smtp", &COLUMNS),
        [
            "1161855769 - 203.0.113.9 25 - a@a.example b@b.example 250 ok",
            "1161855768 10.0.0.5 - 25 pc5 a@a.example b@b.example 250 ok",
            "1161855770 203.0.113.7 - 25 [192.0.2.1] x@x.example y@y.example rejected RCPT <y@y.example>: relay not permitted"
        ]
    );
    assert_eq!(seen(&events, "logon", &["user", "source", "success", "method"]), ["info 203.0.113.7 F login"]);
    assert_eq!(counts.formats.get("exim"), Some(&6));
}
