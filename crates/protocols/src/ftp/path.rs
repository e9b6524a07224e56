//! Where a session stands on the server, and how that makes an address of a file's name.

use model::Addr;

/// `ftp://host/path` for a file named in directory `dir`.
pub fn url(host: Addr, dir: &[u8], name: &[u8]) -> Vec<u8> {
    let path = join(dir, name);
    let host = if host.is_v4() { host.to_string() } else { format!("[{host}]") };
    let mut url = format!("ftp://{host}").into_bytes();
    if path.first() != Some(&b'/') {
        url.push(b'/');
    }
    url.extend(path);
    url
}

/// The path of `name` seen from `dir`, without what cancels itself out.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() || starts_absolute(name) {
        return compress(name);
    }
    let mut path = dir.to_vec();
    if !dir.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    compress(&path)
}

/// The directory that a server's reply to `PWD` names: a quoted absolute path, else the first absolute path; empty where
/// there is none.
pub fn named_in(text: &[u8]) -> &[u8] {
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'"') {
        let inside = &text[at + 1..];
        if starts_absolute(inside)
            && let Some(end) = inside.iter().position(|byte| *byte == b'"')
        {
            return &inside[..end];
        }
    }
    for at in 0..text.len() {
        let path = &text[at..];
        if starts_absolute(path) {
            let end = (0..path.len()).find(|end| path[*end] == b'"' || (path[*end] == b' ' && (*end == 0 || path[*end - 1] != b'\\')));
            return &path[..end.unwrap_or(path.len())];
        }
    }
    b""
}

/// Whether a Unix or a Windows path from the root on begins here.
fn starts_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/', ..]) || matches!(path, [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// Takes out empty parts, `.` (but for a leading one) and `..` with what stands before it. Above the root `..` stays.
fn compress(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut parts: Vec<&[u8]> = Vec::new();
    for (at, part) in path.split(|byte| *byte == b'/').enumerate() {
        match part {
            b"" => {}
            b"." if at > 0 => {}
            b".." => match parts.last() {
                Some(&last) if last == b"." => {
                    parts.pop();
                    parts.push(b"..");
                }
                Some(&last) if last != b".." && last != b"~" => {
                    parts.pop();
                }
                Some(_) => parts.push(b".."),
                None => parts.push(b".."),
            },
            _ => parts.push(part),
        }
    }
    let mut out = if rooted { vec![b'/'] } else { Vec::new() };
    out.extend(parts.join(&b'/'));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        let host = Addr::v4([10, 0, 0, 1]);
        let check = |dir: &[u8], name: &[u8], expected: &str| assert_eq!(String::from_utf8_lossy(&url(host, dir, name)), expected);
        check(b".", b"robots.txt", "ftp://10.0.0.1/./robots.txt");
        check(b"/", b"robots.txt", "ftp://10.0.0.1/robots.txt");
        check(b"/pub", b"../x/./y", "ftp://10.0.0.1/x/y");
        check(b"/pub", b"/etc/passwd", "ftp://10.0.0.1/etc/passwd");
        check(b".", b"", "ftp://10.0.0.1/.");
        check(b"", b"a", "ftp://10.0.0.1/a");
        check(b"C:/in", b"..", "ftp://10.0.0.1/C:");
        let six = Addr::from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).expect("sixteen bytes");
        assert_eq!(url(six, b"/", b"a"), b"ftp://[2001:db8::1]/a");
    }

    #[test]
    fn directories_in_replies() {
        assert_eq!(named_in(b"\"/pub/a b\" is the current directory."), b"/pub/a b");
        assert_eq!(named_in(b"you are in /home/x now"), b"/home/x");
        assert_eq!(named_in(b"\"C:\\tmp\" is current"), b"C:\\tmp");
        assert_eq!(named_in(b"nowhere"), b"");
    }
}
