//! The catalogue of application protocols: one folder each, one row here each.
//!
//! A protocol's folder holds its codec (bytes to messages), its analyzer (messages to events) and its log's columns.
//! Adding one is a new folder, its `pub mod` line, and its row in [`CATALOGUE`]. The laws in `tests/laws.rs` run over every row.

pub mod ayiya;
pub mod bounds;
pub mod capture_loss;
mod cursor;
pub mod dce_rpc;
pub mod dhcp;
pub mod dnp3;
pub mod dns;
pub mod ftp;
pub mod geneve;
pub mod gssapi;
pub mod gtpv1;
pub mod http;
pub mod imap;
mod inner;
pub mod irc;
pub mod kerberos;
pub mod known;
pub mod ldap;
pub mod mime;
pub mod modbus;
pub mod mqtt;
pub mod mysql;
pub mod ntlm;
pub mod ntp;
pub mod ocsp;
pub mod pop3;
pub mod postgresql;
pub mod quic;
pub mod radius;
pub mod rdp;
pub mod rfb;
pub mod sip;
pub mod smb;
pub mod smtp;
pub mod snmp;
pub mod socks;
pub mod software;
pub mod ssh;
pub mod ssl;
pub mod syslog;
pub mod telnet;
pub mod teredo;
pub mod tftp;
pub mod vxlan;
pub mod websocket;
pub mod x509;

use contract::{Correlator, Protocol};

/// Every protocol that is recognised. The order is that of the alphabet and decides nothing.
pub static CATALOGUE: &[&dyn Protocol] = &[
    &ayiya::Ayiya,
    &dce_rpc::DceRpc,
    &dhcp::Dhcp,
    &dnp3::Dnp3Tcp,
    &dnp3::Dnp3Udp,
    &dns::Dns,
    &ssl::Dtls,
    &ftp::Ftp,
    &ftp::FtpData,
    &geneve::GENEVE,
    &gtpv1::Gtpv1,
    &http::Http,
    &imap::Imap,
    &irc::Irc,
    &irc::IrcDccData,
    &kerberos::Krb,
    &kerberos::KrbTcp,
    &ldap::LdapTcp,
    &ldap::LdapUdp,
    &modbus::Modbus,
    &mqtt::Mqtt,
    &mysql::Mysql,
    &ntp::Ntp,
    &pop3::Pop3,
    &postgresql::Postgresql,
    &quic::Quic,
    &radius::Radius,
    &rdp::Rdp,
    &rdp::Rdpeudp,
    &rfb::Rfb,
    &sip::Sip,
    &smb::Smb,
    &smtp::Smtp,
    &snmp::Snmp,
    &socks::Socks,
    &ssh::Ssh,
    &ssl::Ssl,
    &syslog::Syslog,
    &telnet::Telnet,
    &teredo::Teredo,
    &tftp::Tftp,
    &vxlan::VXLAN,
    &websocket::WebSocket,
];

/// Everything that understands the events of several flows together, in the order in which they see them.
pub fn correlators() -> Vec<Box<dyn Correlator>> {
    vec![
        Box::<capture_loss::CaptureLoss>::default(),
        Box::<dhcp::Leases>::default(),
        Box::<known::KnownHosts>::default(),
        Box::<known::KnownServices>::default(),
        Box::<socks::ProxyTunnels>::default(),
        Box::<software::Inventory>::default(),
        Box::<ssh::Guessing>::default(),
        Box::<ssl::validate::Validation>::default(),
        Box::<x509::Known>::default(),
    ]
}
