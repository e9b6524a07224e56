//! Reads an FTP control connection line by line.

use super::codec::{self, Request};
use super::gridftp::Adat;
use super::session::Session;
use crate::telnet::nvt::{Nvt, Oddities};
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The state of one control connection.
#[derive(Default)]
pub(super) struct FtpAnalyzer {
    lines: [Nvt; 2],
    told: Oddities,
    /// The code of a reply of several lines that is being read, or 0.
    pending_reply: u16,
    confirmed: bool,
    auth: Auth,
    session: Option<Session>,
    adat: Option<Box<Adat>>,
}

/// The last security mechanism that the client asked for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Auth {
    #[default]
    None,
    Tls,
    Gssapi,
}

impl Analyzer for FtpAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(data) => {
                let mut rest = data;
                loop {
                    let line = self.lines[side.index()].line(&mut rest);
                    self.tell_oddities(side, out);
                    let Some(line) = line else { break };
                    if self.line(at, side, &line, out)? {
                        return Ok(Next::Become { child: Child::Named("ssl"), consumed: data.len() - rest.len() });
                    }
                }
                self.lines[side.index()].take_options();
            }
            Chunk::End => {
                if let Some(line) = self.lines[side.index()].finish() {
                    self.line(at, side, &line, out)?;
                }
            }
            // The line that the gap is in is read as far as it came, joined with what follows: as Zeek does.
            Chunk::Gap(_) => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if let Some(mut adat) = self.adat.take() {
            adat.close(at, out);
        }
        if let Some(mut session) = self.session.take() {
            session.close(out);
        }
    }

    fn held_bytes(&self) -> usize {
        let session = self.session.as_ref().map_or(0, Session::held_bytes);
        self.lines.iter().map(Nvt::held_bytes).sum::<usize>() + session + self.adat.as_ref().map_or(0, |adat| adat.held_bytes())
    }
}

impl FtpAnalyzer {
    /// Reads a line; true where TLS begins behind it.
    fn line(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) -> Result<bool, Violation> {
        if line.is_empty() {
            return Ok(false);
        }
        let tls = match side {
            Side::Orig => self.request(at, line, out),
            Side::Resp => self.reply(at, line, out)?,
        };
        if let Some(adat) = &mut self.adat {
            adat.line(at, side, line, out);
        }
        Ok(tls)
    }

    fn request(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> bool {
        match codec::request(line) {
            Request::Command(name, arg) => {
                out.confirm("ftp");
                self.confirmed = true;
                // Zeek compares only as many letters as the command has.
                if b"AUTH".starts_with(&name) {
                    self.auth = match arg {
                        b"TLS" => Auth::Tls,
                        b"GSSAPI" => Auth::Gssapi,
                        _ => Auth::None,
                    };
                }
                out.inspect("ftp.command", &name);
                out.inspect("ftp.command_data", arg);
                self.session(at).request(at, &name, arg, out);
            }
            Request::Invalid if self.confirmed => out.weird("FTP_invalid_command", "", "FTP"),
            Request::TooLong(bytes) if self.confirmed => {
                out.weird("FTP_max_command_length_exceeded", &format!("{bytes} > {}", codec::COMMAND_BYTES_MAX), "FTP");
            }
            Request::Invalid | Request::TooLong(_) => {}
        }
        false
    }

    fn reply(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<bool, Violation> {
        let reply = codec::reply(line, &mut self.pending_reply).map_err(Violation::new)?;
        out.inspect("ftp.reply", line);
        if reply.code == 334 && self.auth == Auth::Gssapi {
            self.adat = Adat::new(out.flow()).map(Box::new);
        }
        self.session(at).reply(at, &reply, out);
        Ok(reply.code == 234 && self.auth == Auth::Tls)
    }

    fn session(&mut self, at: Timestamp) -> &mut Session {
        self.session.get_or_insert_with(|| Session::new(at))
    }

    fn tell_oddities(&mut self, side: Side, out: &mut dyn Emit) {
        let odd = self.lines[side.index()].oddities();
        // In the order in which they came, however the stream was cut.
        for nul in [odd.nul_first, !odd.nul_first] {
            if nul && odd.nul && !std::mem::replace(&mut self.told.nul, true) {
                out.weird("NUL_in_line", "", "NVT");
            }
            if !nul && odd.single_cr && !std::mem::replace(&mut self.told.single_cr, true) {
                out.weird("line_terminated_with_single_CR", "", "NVT");
            }
        }
    }
}
