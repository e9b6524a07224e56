//! A connection's bytes, within TLS or not, without ever waiting for them.

use rustls::ServerConnection;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Where bytes come from.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(TcpStream, Box<ServerConnection>),
    Unix(UnixStream),
    Pipe(File),
}

/// What came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Bytes(usize),
    /// None now.
    Nothing,
    /// None any more.
    End,
    /// What came is not TLS, or not such as is accepted.
    Refused,
}

impl Stream {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) | Self::Tls(stream, _) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
            Self::Pipe(file) => file.as_fd(),
        }
    }

    /// Reads once. The stream may have more afterwards.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Came {
        let result = match self {
            Self::Tcp(stream) => stream.read(into),
            Self::Unix(stream) => stream.read(into),
            Self::Pipe(file) => file.read(into),
            Self::Tls(stream, tls) => return read_tls(stream, tls, into),
        };
        match result {
            Ok(0) => Came::End,
            Ok(count) => Came::Bytes(count),
            Err(error) => missing(&error),
        }
    }

    /// Whether TLS has something to say that the peer has not taken yet.
    pub(super) fn wants_write(&self) -> bool {
        matches!(self, Self::Tls(_, tls) if tls.wants_write())
    }
}

fn missing(error: &io::Error) -> Came {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Came::Nothing,
        _ => Came::End,
    }
}

fn read_tls(stream: &mut TcpStream, tls: &mut ServerConnection, into: &mut [u8]) -> Came {
    // What was decrypted before comes first: then rustls takes no more of the stream until it is gone.
    if let Ok(count @ 1..) = tls.reader().read(into) {
        return Came::Bytes(count);
    }
    let came = match tls.read_tls(stream) {
        Ok(0) => Came::End,
        Ok(_) => Came::Nothing,
        Err(error) => missing(&error),
    };
    let result = tls.process_new_packets();
    while tls.wants_write() {
        if tls.write_tls(stream).is_err() {
            break;
        }
    }
    if result.is_err() {
        return Came::Refused;
    }
    match tls.reader().read(into) {
        Ok(0) => Came::End,
        Ok(count) => Came::Bytes(count),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => came,
        Err(_) => Came::End,
    }
}
