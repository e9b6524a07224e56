//! The views: for each log that is understood, which columns are read and what they say. Tables in the form of code: the
//! number in each accessor is the place of its column in the list above it.

mod contents;
mod flows;
mod hosts;
mod logons;
mod sessions;
mod web;
mod windows;

pub(super) use contents::{FILE, FTP, PE, SMTP};
pub use contents::{File, Ftp, Pe, Smtp};
pub(super) use flows::{CONN, DIFFERING, MARK, NOTICE, SOFTWARE, STACK, WEIRD};
pub use flows::{Conn, Differing, Mark, Notice, Software, Stack, Weird};
pub(super) use hosts::{FILE_EVENT, PROCESS, REGISTRY, SERVICE, WIN_EVENT};
pub use hosts::{FileEvent, HostRow, Process, Registry, Service, WinEvent};
pub(super) use logons::LOGON;
pub use logons::Logon;
pub(super) use sessions::{IRC, SSH};
pub use sessions::{Irc, Ssh};
pub(super) use web::{DNS, HTTP, SSL, X509_COLUMNS};
pub use web::{Dns, Http, Ssl, X509};
pub(super) use windows::{DCE_RPC, KERBEROS, NTLM, SMB_FILE, SMB_MAPPING};
pub use windows::{DceRpc, Kerberos, Ntlm, SmbFile, SmbMapping};

use super::Row;
use model::{Addr, Timestamp, Uid};
use std::ops::Deref;

/// A row of a log whose first columns are those of a connection ([`model::FLOW_KEYS`]): what all such views share.
#[derive(Clone, Copy, Debug)]
pub struct FlowRow<'a>(pub(super) Row<'a>);

impl FlowRow<'_> {
    /// The connection.
    #[inline]
    pub fn uid(&self) -> Option<Uid> {
        self.0.id(0)
    }

    /// Who opened it: address and port.
    #[inline]
    pub fn orig(&self) -> Option<(Addr, u16)> {
        self.0.end(1)
    }

    /// Who answered: address and port.
    #[inline]
    pub fn resp(&self) -> Option<(Addr, u16)> {
        self.0.end(3)
    }

    /// When it happened.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }
}

impl<'a> Deref for FlowRow<'a> {
    type Target = Row<'a>;
    #[inline]
    fn deref(&self) -> &Row<'a> {
        &self.0
    }
}

/// What carries a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proto {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of either version.
    Icmp,
    /// Anything else.
    Other,
}

impl Proto {
    fn of(name: &[u8]) -> Self {
        match name {
            b"tcp" => Self::Tcp,
            b"udp" => Self::Udp,
            b"icmp" => Self::Icmp,
            _ => Self::Other,
        }
    }

    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other => "other",
        }
    }
}

/// A row of a log without a view of its own.
#[derive(Clone, Copy, Debug)]
pub struct AnyRow<'a>(pub(super) Row<'a>);
