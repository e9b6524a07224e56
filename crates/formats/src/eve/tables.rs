//! Which field of Suricata's is which column of ours, kind by kind: path, column.

/// Name of the kind, and its table.
pub(super) type Rows = (&'static str, &'static [(&'static str, &'static str)]);

pub(super) const HTTP: Rows = (
    "http",
    &[
        ("http.hostname", "host"),
        ("http.url", "uri"),
        ("http.http_user_agent", "user_agent"),
        ("http.http_refer", "referrer"),
        ("http.http_method", "method"),
        ("http.status", "status_code"),
        ("http.length", "response_body_len"),
        ("http.http_content_type", "resp_mime_types"),
        ("http.xff", "proxied"),
    ],
);
pub(super) const TLS: Rows = (
    "ssl",
    &[
        ("tls.sni", "server_name"),
        ("tls.session_resumed", "resumed"),
        ("tls.ja3.hash", "ja3"),
        ("tls.ja3s.hash", "ja3s"),
        ("tls.ja4", "ja4"),
        ("tls.client_alpns", "client_protocols"),
        ("tls.subject", "subject"),
        ("tls.issuerdn", "issuer"),
    ],
);
pub(super) const FILE: Rows = (
    "files",
    &[
        ("fileinfo.filename", "filename"),
        ("fileinfo.size", "seen_bytes"),
        ("fileinfo.md5", "md5"),
        ("fileinfo.sha1", "sha1"),
        ("fileinfo.sha256", "sha256"),
        ("fileinfo.mimetype", "mime_type"),
    ],
);
pub(super) const SMTP: Rows = (
    "smtp",
    &[
        ("smtp.helo", "helo"),
        ("smtp.mail_from", "mailfrom"),
        ("smtp.rcpt_to", "rcptto"),
        ("email.from", "from"),
        ("email.to", "to"),
        ("email.cc", "cc"),
        ("email.subject", "subject"),
        ("email.date", "date"),
        ("email.message_id", "msg_id"),
        ("email.x_mailer", "user_agent"),
    ],
);
pub(super) const SSH: Rows = (
    "ssh",
    &[
        ("ssh.client.software_version", "client"),
        ("ssh.server.software_version", "server"),
        ("ssh.client.hassh.hash", "hassh"),
        ("ssh.server.hassh.hash", "hassh_server"),
    ],
);
pub(super) const FTP: Rows =
    ("ftp", &[("ftp.command", "command"), ("ftp.command_data", "arg"), ("ftp.completion_code", "reply_code"), ("ftp.reply", "reply_msg")]);
pub(super) const SMB_FILES: Rows = ("smb_files", &[("smb.filename", "name"), ("smb.share", "path"), ("smb.size", "size")]);
pub(super) const SMB_MAPPING: Rows = ("smb_mapping", &[("smb.share", "path"), ("smb.share_type", "share_type")]);
pub(super) const NTLM: Rows =
    ("ntlm", &[("smb.ntlmssp.user", "username"), ("smb.ntlmssp.host", "hostname"), ("smb.ntlmssp.domain", "domainname")]);
pub(super) const KERBEROS: Rows =
    ("kerberos", &[("krb5.cname", "client"), ("krb5.sname", "service"), ("krb5.encryption", "cipher"), ("krb5.error_code", "error_msg")]);
pub(super) const RDP: Rows =
    ("rdp", &[("rdp.cookie", "cookie"), ("rdp.client.client_name", "client_name"), ("rdp.client.build", "client_build")]);
pub(super) const DHCP: Rows = (
    "dhcp",
    &[
        ("dhcp.client_mac", "mac"),
        ("dhcp.hostname", "host_name"),
        ("dhcp.assigned_ip", "assigned_addr"),
        ("dhcp.requested_ip", "requested_addr"),
        ("dhcp.lease_time", "lease_time"),
        ("dhcp.dhcp_type", "msg_types"),
    ],
);
pub(super) const ALERT: Rows = (
    "alert",
    &[
        ("alert.signature", "signature"),
        ("alert.signature_id", "sid"),
        ("alert.rev", "rev"),
        ("alert.category", "category"),
        ("alert.severity", "severity"),
        ("alert.action", "action"),
    ],
);
pub(super) const WEIRD: Rows = ("weird", &[("anomaly.event", "name"), ("anomaly.type", "addl"), ("anomaly.app_proto", "source")]);
