//! Unix sockets' places in the file system.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;

/// Makes way for a socket: removes one that is left of a program that has ended.
///
/// # Errors
/// Where something else is there, or somebody listens.
pub(crate) fn make_way(path: &Path) -> io::Result<()> {
    let Ok(about) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let heard = UnixStream::connect(path).is_ok() || UnixDatagram::unbound().and_then(|socket| socket.connect(path)).is_ok();
    if !about.file_type().is_socket() || heard {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    std::fs::remove_file(path)
}

/// Lets every program of this machine write to it, as to `/dev/log`.
///
/// # Errors
/// Where the system refuses it.
pub(crate) fn open_to_all(path: &Path) -> io::Result<()> {
    /// To be read and written by all.
    const MODE: u32 = 0o666;
    std::fs::set_permissions(path, Permissions::from_mode(MODE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_uses_is_removed() {
        let folder = std::env::temp_dir().join(format!("intake-paths-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("socket");
        make_way(&path).unwrap();
        let held = UnixDatagram::bind(&path).unwrap();
        open_to_all(&path).unwrap();
        assert_eq!(make_way(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(held);
        make_way(&path).unwrap();
        std::fs::write(&path, "a file").unwrap();
        assert!(make_way(&path).is_err() && path.exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
