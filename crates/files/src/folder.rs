//! Bodies kept as files in a folder: the one part of this crate that does I/O, because extraction is just that.
//!
//! A file is `<type>/<time>-<protocol>-<id>.<ending>` below the folder. Nothing in that comes from the traffic: types are
//! those of our own table, ids are hashes. Files belong to their owner alone (mode 0600), are never marked executable,
//! and what can be run has an ending that no system runs. Nothing that exists is written over.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "extraction writes files, and nothing else here does")]

use crate::keep::{Keeper, Kept, Label, Store};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much a [`Folder`] may hold.
#[derive(Clone, Copy, Debug)]
pub struct KeepLimits {
    /// Bytes of one file: more than any malware, less than a film.
    pub file_bytes_max: u64,
    /// Bytes of all files.
    pub bytes_max: u64,
    /// Files.
    pub files_max: u64,
}

impl Default for KeepLimits {
    fn default() -> Self {
        Self { file_bytes_max: 256 << 20, bytes_max: 8 << 30, files_max: 200_000 }
    }
}

/// Bytes gathered before they are written: a file is opened for each writing, so that no number of files at once exhausts
/// what the system lets a process open.
const GATHERED_BYTES: usize = 32 << 10;

/// Files of one name: the same body may begin anew under its id.
const SAME_NAME_MAX: u32 = 100;

/// A folder for bodies.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    limits: KeepLimits,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    files: AtomicU64,
    bytes: AtomicU64,
    refused: AtomicU64,
    cut: AtomicU64,
    failed: AtomicU64,
}

impl Folder {
    /// The folder `root`, which exists or can be made.
    pub fn new(root: &Path, limits: KeepLimits) -> Self {
        Self { root: root.to_owned(), limits, counts: Arc::default() }
    }
}

impl Store for Folder {
    fn begin(&self, body: &Label) -> Option<Box<dyn Keeper>> {
        let counts = &self.counts;
        if counts.files.load(Ordering::Relaxed) >= self.limits.files_max || counts.bytes.load(Ordering::Relaxed) >= self.limits.bytes_max {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let Some(name) = create(&self.root, body) else {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        counts.files.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(&name);
        Some(Box::new(InFolder {
            path,
            name,
            bytes: 0,
            gathered: Vec::new(),
            is_cut: false,
            limits: self.limits,
            counts: Arc::clone(counts),
        }))
    }

    fn losses(&self) -> Vec<(&'static str, u64)> {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let all = [
            ("extractions_refused", of(&self.counts.refused)),
            ("extractions_cut", of(&self.counts.cut)),
            ("extractions_failed", of(&self.counts.failed)),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// Makes an empty file of a name that nothing has yet. Returns the name below the root.
fn create(root: &Path, body: &Label) -> Option<String> {
    let kind = body.mime.unwrap_or("unknown").replace('/', "-");
    let folder = root.join(&kind);
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder).ok()?;
    let stem = format!("{}-{}-{}", body.at, body.source, body.id);
    let ending = ending(body.mime);
    (1..=SAME_NAME_MAX).find_map(|time| {
        let name = if time == 1 { format!("{kind}/{stem}.{ending}") } else { format!("{kind}/{stem}-{time}.{ending}") };
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.write(true).create_new(true).open(root.join(&name)).ok().map(|_| name)
    })
}

/// The ending for a type; what can be run ends in an underscore.
fn ending(mime: Option<&str>) -> &'static str {
    const ENDINGS: &[(&str, &str)] = &[
        ("application/chrome-ext", "crx_"),
        ("application/java-archive", "jar_"),
        ("application/javascript", "js_"),
        ("application/msword", "ole"),
        ("application/pdf", "pdf"),
        ("application/vnd.ms-cab-compressed", "cab"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("application/x-7z-compressed", "7z"),
        ("application/x-dosexec", "exe_"),
        ("application/x-executable", "elf_"),
        ("application/x-gzip", "gz"),
        ("application/x-java-applet", "class_"),
        ("application/x-mach-o-executable", "macho_"),
        ("application/x-ms-shortcut", "lnk_"),
        ("application/x-rar", "rar"),
        ("application/x-sharedlib", "so_"),
        ("application/x-shockwave-flash", "swf_"),
        ("application/xml", "xml"),
        ("application/zip", "zip"),
        ("audio/mpeg", "mp3"),
        ("image/gif", "gif"),
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("image/svg+xml", "svg"),
        ("image/webp", "webp"),
        ("text/html", "html"),
        ("text/ini", "ini"),
        ("text/json", "json"),
        ("text/plain", "txt"),
        ("text/rtf", "rtf"),
        ("text/x-msdos-batch", "bat_"),
        ("text/x-shellscript", "sh_"),
        ("video/mp4", "mp4"),
    ];
    ENDINGS.iter().find(|(known, _)| Some(*known) == mime).map_or("bin", |(_, ending)| ending)
}

/// A body on its way into a folder.
#[derive(Debug)]
struct InFolder {
    path: PathBuf,
    name: String,
    bytes: u64,
    gathered: Vec<u8>,
    is_cut: bool,
    limits: KeepLimits,
    counts: Arc<Counts>,
}

impl InFolder {
    /// How much of `wanted` bytes may still be kept.
    fn allowed(&mut self, wanted: u64) -> u64 {
        if self.is_cut {
            return 0;
        }
        let left = self
            .limits
            .file_bytes_max
            .saturating_sub(self.bytes)
            .min(self.limits.bytes_max.saturating_sub(self.counts.bytes.load(Ordering::Relaxed)));
        let allowed = wanted.min(left);
        self.is_cut = allowed < wanted;
        if self.is_cut {
            self.counts.cut.fetch_add(1, Ordering::Relaxed);
        }
        self.bytes += allowed;
        self.counts.bytes.fetch_add(allowed, Ordering::Relaxed);
        allowed
    }

    fn flush(&mut self) {
        let append = |path: &Path, data: &[u8]| -> std::io::Result<()> {
            let mut file: File = OpenOptions::new().append(true).open(path)?;
            file.write_all(data)
        };
        if !self.gathered.is_empty() && append(&self.path, &self.gathered).is_err() {
            self.is_cut = true;
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.gathered.clear();
    }
}

impl Keeper for InFolder {
    fn write(&mut self, data: &[u8]) {
        let allowed = self.allowed(data.len() as u64) as usize;
        self.gathered.extend_from_slice(data.get(..allowed).unwrap_or_default());
        if self.gathered.len() >= GATHERED_BYTES {
            self.flush();
        }
    }

    fn hole(&mut self, bytes: u64) {
        let allowed = self.allowed(bytes);
        if allowed == 0 {
            return;
        }
        self.flush();
        // A longer file without the bytes: systems keep such holes without spending room on them.
        let lengthen = |path: &Path| -> std::io::Result<()> {
            let file = OpenOptions::new().write(true).open(path)?;
            let now = file.metadata()?.len();
            file.set_len(now + allowed)
        };
        if lengthen(&self.path).is_err() {
            self.is_cut = true;
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn finish(mut self: Box<Self>) -> Kept {
        self.flush();
        Kept { name: self.name, bytes: self.bytes, is_cut: self.is_cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Timestamp, Uid};

    fn folder(name: &str, limits: KeepLimits) -> (PathBuf, Folder) {
        let root = std::env::temp_dir().join(format!("hyakuyo-files-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let folder = Folder::new(&root, limits);
        (root, folder)
    }

    const LABEL: fn() -> Label =
        || Label { at: Timestamp::from_secs(5), source: "HTTP", id: Uid::file(&[b"x"]), mime: Some("application/x-dosexec") };

    #[test]
    fn a_body_is_kept_under_a_safe_name_for_its_owner_alone() {
        let (root, folder) = folder("safe", KeepLimits::default());
        let mut keeper = folder.begin(&LABEL()).unwrap();
        keeper.write(b"MZ");
        keeper.hole(3);
        keeper.write(b"end");
        let kept = keeper.finish();
        assert_eq!((kept.bytes, kept.is_cut), (8, false));
        assert_eq!(kept.name, format!("application-x-dosexec/5.000000-HTTP-{}.exe_", LABEL().id));
        let path = root.join(&kept.name);
        assert_eq!(std::fs::read(&path).unwrap(), b"MZ\0\0\0end");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn nothing_is_written_over() {
        let (root, folder) = folder("over", KeepLimits::default());
        let names: Vec<_> = (0..2).map(|_| folder.begin(&LABEL()).unwrap().finish().name).collect();
        assert_ne!(names[0], names[1]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn limits_cut_and_refuse_and_are_counted() {
        let (root, folder) = folder("limits", KeepLimits { file_bytes_max: 4, bytes_max: 6, files_max: 2 });
        let keep = |data: &[u8]| {
            let mut keeper = folder.begin(&LABEL())?;
            keeper.write(data);
            keeper.write(data);
            Some(keeper.finish())
        };
        assert_eq!(keep(b"abc").map(|kept| (kept.bytes, kept.is_cut)), Some((4, true)));
        assert_eq!(keep(b"d").map(|kept| (kept.bytes, kept.is_cut)), Some((2, false)));
        assert_eq!(keep(b"e"), None);
        assert_eq!(folder.losses(), [("extractions_refused", 1), ("extractions_cut", 1)]);
        std::fs::remove_dir_all(root).unwrap();
    }
}
