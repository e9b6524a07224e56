//! Events as those who understand them see them: a typed view for each log that detectors and the story read.
//!
//! A view finds its columns by name, once for each kind of event, so that the same behaviour seen by packets or by
//! another's log (a firewall's, a proxy's, real Zeek's) reads the same. A log that lacks a column gives "not known".

mod row;
mod views;

pub use row::Row;
pub use views::{
    AnyRow, Conn, DceRpc, Differing, Dns, File, FileEvent, FlowRow, Ftp, HostRow, Http, Irc, Kerberos, Logon, Mark, Notice, Ntlm, Pe,
    Process, Proto, Registry, Service, SmbFile, SmbMapping, Smtp, Software, Ssh, Ssl, Stack, Weird, WinEvent, X509,
};

use model::{Event, Kind, Timestamp};

/// The logs that are understood, as a detector names what it wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// `conn`, at the end of each flow.
    Conn,
    /// `dns`.
    Dns,
    /// `http`.
    Http,
    /// `files`.
    File,
    /// `pe`.
    Pe,
    /// `ssl`.
    Ssl,
    /// `x509`.
    X509,
    /// `smtp`.
    Smtp,
    /// `ftp`.
    Ftp,
    /// `ssh`.
    Ssh,
    /// `irc_session`: every line that says something.
    Irc,
    /// `smb_files`.
    SmbFile,
    /// `smb_mapping`.
    SmbMapping,
    /// `dce_rpc`.
    DceRpc,
    /// `kerberos`.
    Kerberos,
    /// `ntlm`.
    Ntlm,
    /// `software`.
    Software,
    /// `weird`.
    Weird,
    /// `notice`.
    Notice,
    /// `_stack`: what a SYN or SYN+ACK tells of its sender's TCP stack.
    Stack,
    /// `_differing`: two things said at one place of a stream.
    Differing,
    /// `_mark`: something in a flow's bytes that no log shows.
    Mark,
    /// `logon`: a logon that a log tells of.
    Logon,
    /// `process`.
    Process,
    /// `registry`.
    Registry,
    /// `file_event`.
    FileEvent,
    /// `service`.
    Service,
    /// `winevent`.
    WinEvent,
    /// Any other log.
    Other,
}

/// All of [`What`] but the last, with the name of the log and the columns that its view reads.
const VIEWS: &[(What, &str, &[&str])] = &[
    (What::Conn, "conn", views::CONN),
    (What::Dns, "dns", views::DNS),
    (What::Http, "http", views::HTTP),
    (What::File, "files", views::FILE),
    (What::Pe, "pe", views::PE),
    (What::Ssl, "ssl", views::SSL),
    (What::X509, "x509", views::X509_COLUMNS),
    (What::Smtp, "smtp", views::SMTP),
    (What::Ftp, "ftp", views::FTP),
    (What::Ssh, "ssh", views::SSH),
    (What::Irc, "irc_session", views::IRC),
    (What::SmbFile, "smb_files", views::SMB_FILE),
    (What::SmbMapping, "smb_mapping", views::SMB_MAPPING),
    (What::DceRpc, "dce_rpc", views::DCE_RPC),
    (What::Kerberos, "kerberos", views::KERBEROS),
    (What::Ntlm, "ntlm", views::NTLM),
    (What::Software, "software", views::SOFTWARE),
    (What::Weird, "weird", views::WEIRD),
    (What::Notice, "notice", views::NOTICE),
    (What::Stack, "_stack", views::STACK),
    (What::Differing, "_differing", views::DIFFERING),
    (What::Mark, "_mark", views::MARK),
    (What::Logon, "logon", views::LOGON),
    (What::Process, "process", views::PROCESS),
    (What::Registry, "registry", views::REGISTRY),
    (What::FileEvent, "file_event", views::FILE_EVENT),
    (What::Service, "service", views::SERVICE),
    (What::WinEvent, "winevent", views::WIN_EVENT),
];

/// How many kinds of view there are, [`What::Other`] among them.
pub const WHATS: usize = VIEWS.len() + 1;

impl What {
    /// The log's name; empty for [`What::Other`].
    pub fn log(self) -> &'static str {
        VIEWS.get(self as usize).map_or("", |(_, log, _)| log)
    }
}

/// An event, seen by its kind.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// A flow that has ended.
    Conn(Conn<'a>),
    /// A question to a name server and its answer.
    Dns(Dns<'a>),
    /// A request and its reply.
    Http(Http<'a>),
    /// A file that was transferred.
    File(File<'a>),
    /// A Windows program.
    Pe(Pe<'a>),
    /// A TLS handshake.
    Ssl(Ssl<'a>),
    /// A certificate.
    X509(X509<'a>),
    /// A mail.
    Smtp(Smtp<'a>),
    /// An FTP command.
    Ftp(Ftp<'a>),
    /// An SSH connection.
    Ssh(Ssh<'a>),
    /// A line of an IRC session.
    Irc(Irc<'a>),
    /// Something done to a file over SMB.
    SmbFile(SmbFile<'a>),
    /// A share that was opened over SMB.
    SmbMapping(SmbMapping<'a>),
    /// A remote procedure call.
    DceRpc(DceRpc<'a>),
    /// A Kerberos request.
    Kerberos(Kerberos<'a>),
    /// An NTLM logon.
    Ntlm(Ntlm<'a>),
    /// Software that a host uses.
    Software(Software<'a>),
    /// A broken rule.
    Weird(Weird<'a>),
    /// A notice of the reader's own.
    Notice(Notice<'a>),
    /// A TCP stack's signature.
    Stack(Stack<'a>),
    /// Two things said at one place of a stream.
    Differing(Differing<'a>),
    /// Something in a flow's bytes.
    Mark(Mark<'a>),
    /// A logon that a log tells of.
    Logon(Logon<'a>),
    /// What a program on a host did.
    Process(Process<'a>),
    /// A change of the registry.
    Registry(Registry<'a>),
    /// Something done to a file on a host.
    FileEvent(FileEvent<'a>),
    /// A service or scheduled task.
    Service(Service<'a>),
    /// Any other event of Windows.
    WinEvent(WinEvent<'a>),
    /// A row of any other log.
    Other(AnyRow<'a>),
}

impl<'a> Seen<'a> {
    /// Which view it is.
    pub const fn what(&self) -> What {
        match self {
            Self::Conn(_) => What::Conn,
            Self::Dns(_) => What::Dns,
            Self::Http(_) => What::Http,
            Self::File(_) => What::File,
            Self::Pe(_) => What::Pe,
            Self::Ssl(_) => What::Ssl,
            Self::X509(_) => What::X509,
            Self::Smtp(_) => What::Smtp,
            Self::Ftp(_) => What::Ftp,
            Self::Ssh(_) => What::Ssh,
            Self::Irc(_) => What::Irc,
            Self::SmbFile(_) => What::SmbFile,
            Self::SmbMapping(_) => What::SmbMapping,
            Self::DceRpc(_) => What::DceRpc,
            Self::Kerberos(_) => What::Kerberos,
            Self::Ntlm(_) => What::Ntlm,
            Self::Software(_) => What::Software,
            Self::Weird(_) => What::Weird,
            Self::Notice(_) => What::Notice,
            Self::Stack(_) => What::Stack,
            Self::Differing(_) => What::Differing,
            Self::Mark(_) => What::Mark,
            Self::Logon(_) => What::Logon,
            Self::Process(_) => What::Process,
            Self::Registry(_) => What::Registry,
            Self::FileEvent(_) => What::FileEvent,
            Self::Service(_) => What::Service,
            Self::WinEvent(_) => What::WinEvent,
            Self::Other(_) => What::Other,
        }
    }

    /// The row behind the view.
    pub const fn row(&self) -> &Row<'a> {
        match self {
            Self::Conn(view) => &view.0.0,
            Self::Dns(view) => &view.0.0,
            Self::Http(view) => &view.0.0,
            Self::File(view) => &view.0.0,
            Self::Pe(view) => &view.0,
            Self::Ssl(view) => &view.0.0,
            Self::X509(view) => &view.0,
            Self::Smtp(view) => &view.0.0,
            Self::Ftp(view) => &view.0.0,
            Self::Ssh(view) => &view.0.0,
            Self::Irc(view) => &view.0.0,
            Self::SmbFile(view) => &view.0.0,
            Self::SmbMapping(view) => &view.0.0,
            Self::DceRpc(view) => &view.0.0,
            Self::Kerberos(view) => &view.0.0,
            Self::Ntlm(view) => &view.0.0,
            Self::Software(view) => &view.0,
            Self::Weird(view) => &view.0.0,
            Self::Notice(view) => &view.0.0,
            Self::Stack(view) => &view.0.0,
            Self::Differing(view) => &view.0.0,
            Self::Mark(view) => &view.0.0,
            Self::Logon(view) => &view.0,
            Self::Process(view) => &view.0.0,
            Self::Registry(view) => &view.0.0,
            Self::FileEvent(view) => &view.0.0,
            Self::Service(view) => &view.0.0,
            Self::WinEvent(view) => &view.0.0,
            Self::Other(view) => &view.0,
        }
    }

    /// When it happened.
    pub fn ts(&self) -> Timestamp {
        self.row().event().ts()
    }
}

/// Where each view's columns stand in the kinds that have come.
#[derive(Debug, Default)]
pub struct Eyes {
    /// By the address of the kind: kinds are statics, of which a run meets a few dozen.
    kinds: Vec<(usize, What, Box<[u16]>)>,
    /// Where the last one stood: rows of a kind come in runs, and each is looked at twice.
    latest: usize,
}

impl Eyes {
    /// The view of an event.
    pub fn see<'a>(&'a mut self, event: &'a Event) -> Seen<'a> {
        let place = self.place(event.kind());
        let (_, what, columns) = &self.kinds[place];
        let row = Row::new(event, columns);
        match what {
            What::Conn => Seen::Conn(Conn(FlowRow(row))),
            What::Dns => Seen::Dns(Dns(FlowRow(row))),
            What::Http => Seen::Http(Http(FlowRow(row))),
            What::File => Seen::File(File(FlowRow(row))),
            What::Pe => Seen::Pe(Pe(row)),
            What::Ssl => Seen::Ssl(Ssl(FlowRow(row))),
            What::X509 => Seen::X509(X509(row)),
            What::Smtp => Seen::Smtp(Smtp(FlowRow(row))),
            What::Ftp => Seen::Ftp(Ftp(FlowRow(row))),
            What::Ssh => Seen::Ssh(Ssh(FlowRow(row))),
            What::Irc => Seen::Irc(Irc(FlowRow(row))),
            What::SmbFile => Seen::SmbFile(SmbFile(FlowRow(row))),
            What::SmbMapping => Seen::SmbMapping(SmbMapping(FlowRow(row))),
            What::DceRpc => Seen::DceRpc(DceRpc(FlowRow(row))),
            What::Kerberos => Seen::Kerberos(Kerberos(FlowRow(row))),
            What::Ntlm => Seen::Ntlm(Ntlm(FlowRow(row))),
            What::Software => Seen::Software(Software(row)),
            What::Weird => Seen::Weird(Weird(FlowRow(row))),
            What::Notice => Seen::Notice(Notice(FlowRow(row))),
            What::Stack => Seen::Stack(Stack(FlowRow(row))),
            What::Differing => Seen::Differing(Differing(FlowRow(row))),
            What::Mark => Seen::Mark(Mark(FlowRow(row))),
            What::Logon => Seen::Logon(Logon(row)),
            What::Process => Seen::Process(Process(HostRow(row))),
            What::Registry => Seen::Registry(Registry(HostRow(row))),
            What::FileEvent => Seen::FileEvent(FileEvent(HostRow(row))),
            What::Service => Seen::Service(Service(HostRow(row))),
            What::WinEvent => Seen::WinEvent(WinEvent(HostRow(row))),
            What::Other => Seen::Other(AnyRow(row)),
        }
    }

    fn place(&mut self, kind: &'static Kind) -> usize {
        let key = std::ptr::from_ref(kind).addr();
        if self.kinds.get(self.latest).is_some_and(|(known, ..)| *known == key) {
            return self.latest;
        }
        if let Some(place) = self.kinds.iter().position(|(known, ..)| *known == key) {
            self.latest = place;
            return place;
        }
        let (what, names) =
            VIEWS.iter().find(|(_, log, _)| *log == kind.name).map_or((What::Other, &[][..]), |(what, _, names)| (*what, *names));
        let columns = names.iter().map(|name| kind.find(name).map_or(row::ABSENT, |column| column.index() as u16)).collect();
        self.kinds.push((key, what, columns));
        self.kinds.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addr, FLOW_KEYS, Type, Uid, field};

    const KIND: Kind = Kind {
        name: "dns",
        doc: "",
        keys: FLOW_KEYS,
        fields: &[field("rcode_name", Type::STRING, "", ""), field("query", Type::STRING, "", "")],
    };

    #[test]
    fn columns_are_found_by_name_and_missing_ones_are_not_known() {
        let (host, server) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]));
        let event = Event::of_flow(&KIND, Timestamp::from_secs(7), Uid::connection(&[b"a"]), (host, 5), (server, 53))
            .with(KIND.column("query"), &b"name.example"[..]);
        let mut eyes = Eyes::default();
        let Seen::Dns(dns) = eyes.see(&event) else { panic!("a dns row") };
        assert_eq!((dns.query(), dns.rcode_name(), dns.qtype_name()), (&b"name.example"[..], &b""[..], &b""[..]));
        assert_eq!((dns.orig(), dns.resp()), (Some((host, 5)), Some((server, 53))));
        assert_eq!(dns.answers().count(), 0);
    }

    #[test]
    fn the_table_of_views_follows_the_enumeration() {
        for (place, (what, ..)) in VIEWS.iter().enumerate() {
            assert_eq!(*what as usize, place);
        }
        assert_eq!(What::Other as usize, WHATS - 1);
    }
}
