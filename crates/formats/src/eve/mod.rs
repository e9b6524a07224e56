//! Suricata's eve.json, read into the same logs as packets give.
//!
//! What Suricata calls a flow is a row of `conn`, an alert one of `alert`, an anomaly one of `weird`; its number of the flow becomes the id that
//! links them. Questions and answers of DNS come as one row, as do the two directions of `netflow`. `stats` is passed over, and so is
//! everything of protocols without a kind here. Source: Suricata's documentation of eve.json, and the expectations of suricata-verify.
//! Left out: DCE/RPC inside SMB, whose interfaces are numbers; frames and raw payload.

mod dns;
mod flows;
mod tables;
mod waiting;

use crate::Stamps;
use crate::columns::{Table, set};
use crate::kinds::alert;
use crate::rows::{End, of_flow};
use crate::text::{addr, has};
use crate::tree::{self, Node};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::{conn, weird};
use model::{Event, Kind, Timestamp, Uid, Value};
use tables::Rows;
use waiting::Waiting;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Eve;

/// What one row that waits may hold: a question, and answers up to a line's length.
const ROW_BYTES: usize = 4 << 10;

impl LogFormat for Eve {
    fn name(&self) -> &'static str {
        "eve"
    }

    fn about(&self) -> &'static str {
        "Suricata's eve.json: flows, alerts, anomalies, DNS, HTTP, TLS, files, mail, SSH, SMB, DHCP, Kerberos, RDP, FTP"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        let text = record.text;
        let ours = text.first() == Some(&b'{') && has(text, b"\"event_type\"") && has(text, b"\"timestamp\"");
        // Others name types of events too; Suricata's have ends, a flow's number, or are its own statistics.
        let told = || has(text, b"\"src_ip\"") || has(text, b"\"flow_id\"") || has(text, b"\"event_type\":\"stats\"");
        if ours && told() { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        2 * Waiting::held_bytes_max(ROW_BYTES)
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        let table = |(name, rows): Rows| Table::of(kinds, name, rows);
        Box::new(Events {
            stamps: Stamps::default(),
            dns: dns::Questions::of(kinds),
            halves: Waiting::default(),
            alerts: Table::on(&alert::KIND, tables::ALERT.1),
            weirds: Table::on(&weird::KIND, tables::WEIRD.1),
            http: table(tables::HTTP),
            tls: table(tables::TLS),
            file: table(tables::FILE),
            smtp: table(tables::SMTP),
            ssh: table(tables::SSH),
            ftp: table(tables::FTP),
            smb_files: table(tables::SMB_FILES),
            smb_mapping: table(tables::SMB_MAPPING),
            ntlm: table(tables::NTLM),
            kerberos: table(tables::KERBEROS),
            rdp: table(tables::RDP),
            dhcp: table(tables::DHCP),
        })
    }
}

struct Events {
    stamps: Stamps,
    dns: Option<dns::Questions>,
    /// One direction of a netflow, until the other comes.
    halves: Waiting,
    alerts: Table,
    weirds: Table,
    http: Option<Table>,
    tls: Option<Table>,
    file: Option<Table>,
    smtp: Option<Table>,
    ssh: Option<Table>,
    ftp: Option<Table>,
    smb_files: Option<Table>,
    smb_mapping: Option<Table>,
    ntlm: Option<Table>,
    kerberos: Option<Table>,
    rdp: Option<Table>,
    dhcp: Option<Table>,
}

/// What every event says: when, between whom, in which flow.
struct Head<'a> {
    root: &'a Node<'a>,
    at: Timestamp,
    orig: End,
    resp: End,
    flow: u64,
}

impl Head<'_> {
    fn of<'a>(root: &'a Node<'a>, at: Timestamp) -> Head<'a> {
        let end = |node: &Node<'_>, host: &str, port: &str| -> End {
            (addr(node.bytes(host)), node.number(port).and_then(|port| u16::try_from(port).ok()).unwrap_or_default())
        };
        // An alert is about a packet of either side; the flow's own ends stand in it, in newer versions.
        let ends = root.get("flow").filter(|flow| flow.get("src_ip").is_some()).unwrap_or(root);
        let (mut orig, mut resp) = (end(ends, "src_ip", "src_port"), end(ends, "dest_ip", "dest_port"));
        let back = root.get("direction").and_then(Node::text).is_some_and(|direction| direction == "to_client");
        if root.get("proto").and_then(Node::text).is_some_and(|proto| proto.starts_with("ICMP") || proto.starts_with("IPv6-ICMP")) {
            let number = |name: &str| root.number(name).and_then(|number| u16::try_from(number).ok()).unwrap_or_default();
            (orig.1, resp.1) = (number("icmp_type"), number("icmp_code"));
        }
        if back && std::ptr::eq(ends, root) {
            std::mem::swap(&mut orig, &mut resp);
        }
        Head { root, at, orig, resp, flow: root.number("flow_id").unwrap_or_default() }
    }

    fn uid(&self) -> Option<Uid> {
        (self.flow != 0).then(|| Uid::connection(&[b"suricata", &self.flow.to_be_bytes()]))
    }

    /// A row of a kind, with its ends where it has them.
    fn row(&self, kind: &'static Kind) -> Event {
        if kind.keys.len() == model::FLOW_KEYS.len() {
            let mut row = of_flow(kind, self.at, self.orig, self.resp, b"suricata", flows::proto(self.root));
            if let (Some(uid), Some(cell)) = (self.uid(), row.cells_mut().get_mut(1)) {
                *cell = Value::Uid(uid);
            }
            return row;
        }
        Event::new(kind, self.at)
    }

    fn filled(&self, table: &Table) -> Event {
        let mut row = self.row(table.kind);
        table.fill(&mut row, self.root);
        row
    }
}

impl Decoder for Events {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let text = String::from_utf8_lossy(record.text);
        let Some(root) = tree::object(&text) else { return Err(DecodeError::new("no JSON object", 0)) };
        let at = self.stamps.iso(root.bytes("timestamp")).map(|(at, _)| at).or(record.at);
        let Some(at) = at else { return Err(DecodeError::new("an event without a time", 0)) };
        let head = Head::of(&root, at);
        if let Some(dns) = &mut self.dns {
            dns.let_go(at, out);
        }
        match root.get("event_type").and_then(Node::text).as_deref() {
            Some("flow") => self.flow(&head, out),
            Some("netflow") => self.netflow(&head, out),
            Some("dns") => {
                if let Some(dns) = &mut self.dns {
                    dns.event(&head, out);
                }
            }
            Some("alert") => {
                let row = head.filled(&self.alerts).with(alert::PROTO, flows::proto(&root)).with(alert::SENSOR, "suricata");
                out(row);
            }
            Some("drop") => {
                out(head.row(&conn::KIND).with(conn::PROTO, flows::proto(&root)).with(conn::CONN_STATE, "S0").with(conn::ACTION, "deny"))
            }
            Some("anomaly") => out(head.filled(&self.weirds)),
            Some(name) => self.application(name, &head, out),
            None => return Err(DecodeError::new("an event without a type", 0)),
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp, last: bool, out: &mut dyn FnMut(Event)) {
        if let Some(dns) = &mut self.dns {
            if last { dns.finish(out) } else { dns.let_go(now, out) }
        }
        if last { self.halves.finish(out) } else { self.halves.let_go(now, out) }
    }

    fn held_bytes(&self) -> usize {
        self.halves.held_bytes() + self.dns.as_ref().map_or(0, dns::Questions::held_bytes)
    }
}

impl Events {
    fn span(&mut self, head: &Head<'_>, name: &str) -> (Timestamp, Timestamp) {
        let mut time = |field: &str| {
            let node = head.root.get(name).map(|node| node.bytes(field))?;
            self.stamps.iso(node).map(|(at, _)| at)
        };
        let first = time("start").unwrap_or(head.at);
        (first, time("end").unwrap_or(first).max(first))
    }

    fn flow(&mut self, head: &Head<'_>, out: &mut dyn FnMut(Event)) {
        let span = self.span(head, "flow");
        let mut row = Head { at: span.0, ..*head }.row(&conn::KIND);
        flows::fill(&mut row, head.root, span);
        row.set(conn::LOCAL_ORIG, head.orig.0.map(|addr| addr.is_private()));
        row.set(conn::LOCAL_RESP, head.resp.0.map(|addr| addr.is_private()));
        set(
            &mut row,
            "community_id",
            head.root.get("community_id").and_then(Node::text).map(|id| Value::from(id.as_bytes())).unwrap_or_default(),
        );
        out(row);
    }

    /// The direction to the server comes first.
    fn netflow(&mut self, head: &Head<'_>, out: &mut dyn FnMut(Event)) {
        let span = self.span(head, "netflow");
        if let Some(mut row) = self.halves.take(head.flow).filter(|_| head.flow != 0) {
            flows::half(&mut row, head.root, span, false);
            out(row);
            return;
        }
        let mut row = Head { at: span.0, ..*head }.row(&conn::KIND);
        flows::half(&mut row, head.root, span, true);
        if head.flow == 0 { out(row) } else { self.halves.put(head.at, head.flow, row, out) }
    }

    fn application(&self, name: &str, head: &Head<'_>, out: &mut dyn FnMut(Event)) {
        let table = match name {
            "http" => &self.http,
            "tls" => &self.tls,
            "fileinfo" => &self.file,
            "smtp" => &self.smtp,
            "ssh" => &self.ssh,
            "ftp" => &self.ftp,
            "krb5" => &self.kerberos,
            "rdp" => &self.rdp,
            "dhcp" => &self.dhcp,
            "smb" => return self.smb(head, out),
            _ => return,
        };
        let Some(table) = table else { return };
        let mut row = head.filled(table);
        let text = |path: &str| head.root.at(path).and_then(Node::text);
        match name {
            "http" => {
                let version = text("http.protocol");
                set(
                    &mut row,
                    "version",
                    version.as_deref().and_then(|version| version.strip_prefix("HTTP/")).map(|version| version.as_bytes().to_vec()),
                );
                // `text/html; charset=utf-8`
                let mime = text("http.http_content_type").map(|mime| mime.split(';').next().unwrap_or_default().trim().to_owned());
                set(&mut row, "resp_mime_types", Value::list_or_unset(mime.filter(|mime| !mime.is_empty())));
            }
            "tls" => {
                set(
                    &mut row,
                    "version",
                    text("tls.version").map(|version| version.replace("TLS 1.", "TLSv1").replace("TLSv11.", "TLSv1.").into_bytes()),
                );
                set(&mut row, "established", true);
            }
            "fileinfo" => file(&mut row, head),
            "ssh" => set(&mut row, "version", text("ssh.client.proto_version").and_then(|version| version.get(..1)?.parse::<u64>().ok())),
            "krb5" => kerberos(&mut row, head.root),
            _ => {}
        }
        out(row);
    }

    fn smb(&self, head: &Head<'_>, out: &mut dyn FnMut(Event)) {
        let command = head.root.bytes("smb.command");
        let done = head.root.bytes("smb.status") == b"STATUS_SUCCESS";
        if let Some(table) = &self.ntlm
            && head.root.at("smb.ntlmssp").is_some()
        {
            let mut row = head.filled(table);
            set(&mut row, "success", done);
            out(row);
        }
        if let Some(table) = &self.smb_mapping
            && has(command, b"TREE_CONNECT")
            && done
        {
            out(head.filled(table));
        }
        if let Some(table) = &self.smb_files
            && head.root.at("smb.filename").is_some()
            && has(command, b"CREATE")
            && done
        {
            let mut row = head.filled(table);
            set(&mut row, "action", "SMB::FILE_OPEN");
            out(row);
        }
    }
}

/// A file's row: who sent it, and how much of it was seen.
fn file(row: &mut Event, head: &Head<'_>) {
    // The event's source is the file's sender, who is the server where its port is the lower one.
    let from_server = head.orig.1 != 0 && head.orig.1 < head.resp.1;
    let (client, server) = if from_server { (head.resp, head.orig) } else { (head.orig, head.resp) };
    let name = head.root.bytes("fileinfo.filename");
    let number = head.root.number("tx_id").or_else(|| head.root.number("fileinfo.tx_id")).unwrap_or_default();
    set(row, "fuid", Uid::file(&[b"suricata", &head.flow.to_be_bytes(), &number.to_be_bytes(), name]));
    set(row, "uid", head.uid());
    for (column, end) in [("id.orig_h", client), ("id.resp_h", server)] {
        set(row, column, end.0);
    }
    set(row, "id.orig_p", Value::Port(client.1));
    set(row, "id.resp_p", Value::Port(server.1));
    set(row, "is_orig", !from_server);
    let proto = head.root.get("app_proto").and_then(Node::text).map(|proto| proto.to_ascii_uppercase().into_bytes());
    set(row, "source", proto);
    set(row, "truncated", head.root.bytes("fileinfo.state") != b"CLOSED");
}

fn kerberos(row: &mut Event, root: &Node<'_>) {
    let kind = root.bytes("krb5.msg_type");
    let request = if has(kind, b"TGS") { "TGS" } else { "AS" };
    set(row, "request_type", request);
    set(row, "success", kind != b"KRB_ERROR");
}
