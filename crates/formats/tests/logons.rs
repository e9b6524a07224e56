//! Logons as Unix programs tell them, in the published formats.

mod stage;

use stage::{lines, seen};

fn check(columns: &[&str], table: &[(&str, &str)]) {
    for (message, expected) in table {
        let (events, counts) = lines(&format!("Oct 26 09:42:48 gate {message}\n"));
        assert!(counts.unread.is_empty(), "{:?}", counts.unread);
        assert_eq!(seen(&events, "logon", columns), [*expected], "{message}");
    }
}

#[test]
fn sshd_in_all_its_words() {
    check(
        &["service", "user", "source", "source_port", "action", "success", "method"],
        &[
            (
                "sshd[7]: Accepted publickey for sakata from 10.0.0.5 port 1036 ssh2: RSA SHA256:x",
                "ssh sakata 10.0.0.5 1036 logon T publickey",
            ),
            ("sshd[7]: Failed password for root from 2001:db8::5 port 1036 ssh2", "ssh root 2001:db8::5 1036 logon F password"),
            ("sshd-session[7]: Failed none for invalid user  from 10.0.0.5 port 1036 ssh2", "ssh - 10.0.0.5 1036 logon F none"),
            (
                "sshd[7]: [ID 800047 auth.info] Failed keyboard-interactive for <invalid username> from 10.0.0.5 port 1036 ssh2",
                "ssh <invalid username> 10.0.0.5 1036 logon F keyboard-interactive",
            ),
            ("sshd[7]: Invalid user from 198.51.100.1 from 10.0.0.5 port 1036", "ssh from 198.51.100.1 10.0.0.5 1036 logon F -"),
            ("sshd[7]: error: PAM: Authentication failure for illegal user x from 10.0.0.5", "ssh x 10.0.0.5 - logon F pam"),
            ("sshd[7]: User root from 10.0.0.5 not allowed because not listed in AllowUsers", "ssh root 10.0.0.5 - logon F -"),
            (
                "sshd[7]: error: maximum authentication attempts exceeded for invalid user x from 10.0.0.5 port 1036 ssh2 [preauth]",
                "ssh x 10.0.0.5 1036 logon F -",
            ),
            ("sshd[7]: ROOT LOGIN REFUSED FROM ::ffff:10.0.0.5 port 1036 [preauth]", "ssh root 10.0.0.5 1036 logon F -"),
            ("sshd[7]: refused connect from x@::ffff:10.0.0.5 (::ffff:10.0.0.5)", "ssh - 10.0.0.5 - logon F -"),
            ("sshd[7]: Disconnected from user sakata 10.0.0.5 port 1036", "ssh sakata 10.0.0.5 1036 logoff - -"),
            ("sshd[7]: Connection closed by authenticating user root 10.0.0.5 port 1036 [preauth]", "ssh root 10.0.0.5 1036 logoff - -"),
            ("sshd[7]: Received disconnect from 10.0.0.5 port 1036:11: Bye Bye [preauth]", "ssh - 10.0.0.5 1036 logoff - -"),
            ("dropbear[7]: Bad password attempt for 'root' from 10.0.0.5:1036", "ssh root 10.0.0.5 1036 logon F password"),
        ],
    );
}

#[test]
fn su_sudo_and_pam() {
    check(
        &["service", "user", "source", "action", "success", "reason"],
        &[
            ("sudo:     dcid : TTY=pts/4 ; PWD=/home/dcid ; USER=root ; COMMAND=/usr/bin/tail /x", "sudo dcid - logon T /usr/bin/tail /x"),
            (
                "sudo: mike : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
                "sudo mike - logon F 3 incorrect password attempts",
            ),
            ("su[7]: (to root) dcid on pts/1", "su root - logon T dcid"),
            ("su: BAD SU ger to fwmaster on /dev/ttyp0", "su fwmaster - logon F ger"),
            ("su: dcid to root on /dev/ttyp1", "su root - logon T dcid"),
            (
                "su(pam_unix)[23164]: authentication failure; logname= uid=1342 euid=0 tty= ruser=dcid rhost=  user=root",
                "su root - logon F authentication failure",
            ),
            (
                "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=an rhost=10.0.0.5",
                "ftp an 10.0.0.5 logon F authentication failure",
            ),
            ("sshd[7]: pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)", "ssh root - logon T -"),
            ("sshd[7]: pam_unix(sshd:session): session closed for user root", "ssh root - logoff - -"),
        ],
    );
}

#[test]
fn mailboxes_and_files() {
    check(
        &["service", "user", "source", "action", "success"],
        &[
            (
                "dovecot: imap-login: Login: user=<sakata>, method=PLAIN, rip=10.0.0.5, lip=10.0.0.1, mpid=7, TLS, session=<x>",
                "imap sakata 10.0.0.5 logon T",
            ),
            (
                "dovecot: pop3-login: Disconnected (auth failed, 3 attempts in 6 secs): user=<x>, method=PLAIN, rip=10.0.0.5, lip=10.0.0.1",
                "pop3 x 10.0.0.5 logon F",
            ),
            ("dovecot: auth-worker(7): passwd-file(x,10.0.0.5): unknown user", "mail x 10.0.0.5 logon F"),
            ("dovecot: imap(sakata): Disconnected: Logged out in=7 out=8", "imap sakata - logoff -"),
            ("imapd-ssl: LOGIN FAILED, user=x@a.example, ip=[::ffff:10.0.0.5]", "imap x@a.example 10.0.0.5 logon F"),
            ("imap[7]: badlogin: pc5.a.example [10.0.0.5] plaintext x SASL(-13): authentication failure", "imap x 10.0.0.5 logon F"),
            ("vsftpd[7]: [x] FAIL LOGIN: Client \"10.0.0.5\"", "ftp x 10.0.0.5 logon F"),
            ("pure-ftpd: (?@10.0.0.5) [WARNING] Authentication failed for user [x]", "ftp x 10.0.0.5 logon F"),
            ("proftpd[7]: gate (pc5.a.example[10.0.0.5]) - USER x (Login failed): Incorrect password.", "ftp x 10.0.0.5 logon F"),
        ],
    );
}
