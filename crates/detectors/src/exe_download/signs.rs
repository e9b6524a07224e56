//! The signs of a download that nobody asked for.

use contract::Reach;
use contract::seen::{Http, Pe};
use model::{Timestamp, Value};

/// Contents that run.
const PROGRAMS: &[&str] = &[
    "application/x-dosexec",
    "application/x-elf",
    "application/x-executable",
    "application/x-sharedlib",
    "application/x-mach-o-executable",
    "application/x-java-applet",
    "application/java-archive",
    "application/x-ms-shortcut",
    "text/x-shellscript",
    "text/x-msdos-batch",
    "text/x-perl",
    "text/x-python",
];
/// How names of programs end.
const PROGRAM_ENDINGS: &[&str] = &[
    ".exe", ".scr", ".pif", ".com", ".msi", ".dll", ".sys", ".cpl", ".ocx", ".jar", ".class", ".sh", ".bat", ".cmd", ".pl", ".py", ".apk",
    ".elf", ".run", ".bin", ".so", ".dmg", ".pkg", ".lnk", ".msu", ".msp", ".drv", ".efi", ".ko", ".o",
];
/// How names of scripts and shortcuts of Windows end.
const SCRIPT_ENDINGS: &[&str] = &[".vbs", ".vbe", ".hta", ".ps1", ".bat", ".cmd", ".wsf", ".wsh", ".jse", ".lnk", ".scr", ".pif", ".sct"];
/// How names of what does not run end.
const HARMLESS_ENDINGS: &[&str] = &[
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".bmp", ".txt", ".css", ".html", ".htm", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".rtf",
    ".mp3", ".mp4", ".avi", ".xml", ".json", ".csv", ".woff", ".svg", ".webp",
];
/// How the user agents of tools begin, or what they hold, in lower case.
const TOOLS: &[&str] = &[
    "powershell",
    "certutil",
    "curl/",
    "wget",
    "python",
    "winhttp",
    "libwww",
    "go-http",
    "java/",
    "okhttp",
    "autoit",
    "nsis",
    "inetc",
    "loader",
    "downloader",
    "urlmon",
    "msxml",
    "winhttprequest",
    "busybox",
    "tftp",
];
/// Ways of updates: their programs are fetched by tools as a matter of course.
const UPDATES: &[&str] = &[
    "microsoft bits",
    "delivery-optimization",
    "windows-update-agent",
    "javaws",
    "apt-http",
    "debian apt",
    "google update",
    "omaha",
    "yum",
    "dnf",
    "pip/",
    "steam",
];

/// Parts of the paths of updates. Anybody can name a path so, so they take away no more than two signs.
const UPDATE_PATHS: &[&str] = &["/msdownload/", "/edgedl/", "/filestreamingservice/", "/debian/pool/", "/ubuntu/pool/"];

/// Signs, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signs(i32);

impl From<i32> for Signs {
    fn from(points: i32) -> Self {
        Self(points)
    }
}

impl Signs {
    pub(super) const fn count(self) -> i32 {
        self.0
    }

    /// What several inside hosts use.
    pub(super) const fn shared(self, reach: Reach, prevalence: u32) -> Self {
        Self(self.0 - if reach.hosts >= prevalence && reach.hosts * 10 >= reach.of { 2 } else { 0 })
    }

    /// An inside server hands out software; a bare address is then ordinary.
    pub(super) const fn near(self, inside: bool) -> Self {
        Self(self.0 - if inside { 1 } else { 0 })
    }
}

/// The signs of a request. A program by its content weighs one to begin with.
pub(super) fn of(http: &Http<'_>, path: &[u8], mime: Option<&[u8]>, program: bool) -> Signs {
    let given: Vec<&[u8]> = http.resp_filenames().collect();
    let ends = |list: &[&str]| given.iter().any(|name| ends_with(name, list)) || ends_with(path, list);
    let agent = http.user_agent().to_ascii_lowercase();
    let mut points = i32::from(program);
    let is_text = mime.is_some_and(|mime| mime.starts_with(b"text/"));
    if program && !ends(PROGRAM_ENDINGS) && !is_text {
        points += if ends_with(path, HARMLESS_ENDINGS) { 3 } else { 1 };
    }
    if has_double_ending(path) || given.iter().any(|name| has_double_ending(name)) {
        points += 3;
    }
    if is_bare(http.host()) {
        points += 2;
    }
    if contains_any(&agent, UPDATES) {
        points -= 3;
    } else if contains_any(&agent, TOOLS) || (!agent.starts_with(b"mozilla/") && !agent.starts_with(b"opera/")) {
        points += 2;
    }
    if http.referrer().is_empty() {
        points += 1;
    }
    if UPDATE_PATHS.iter().any(|part| path.windows(part.len()).any(|window| window == part.as_bytes())) {
        points -= 2;
    }
    if path.split(|byte| *byte == b'/').any(is_wordless) {
        points += 1;
    }
    Signs(points)
}

/// What a program is that came by another protocol: nobody uses TFTP and IRC for software. `None` for the rest.
pub(super) fn carried(source: &[u8], neighbours: bool) -> Option<i32> {
    match source {
        b"FTP_DATA" => Some(1),
        // Devices fetch what they run by TFTP from a neighbour.
        b"TFTP" if neighbours => Some(0),
        b"TFTP" | b"IRC_DATA" => Some(3),
        _ => None,
    }
}

pub(super) fn is_program(mime: &[u8]) -> bool {
    PROGRAMS.iter().any(|program| program.as_bytes() == mime)
}

pub(super) fn is_script(path: &[u8]) -> bool {
    ends_with(path, SCRIPT_ENDINGS)
}

/// Whether a request looks like a person's: a browser, from a page.
pub(super) fn is_browser(http: &Http<'_>) -> bool {
    http.user_agent().starts_with(b"Mozilla/5.0") || !http.referrer().is_empty()
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Two digits each: no program but a loader's asks for that.
    Hexadecimal,
    /// Six bits each: applications, too, carry data so.
    Base64,
}

/// The encoding by entropy in bits per byte: hexadecimal has at most 4, base64 at most 6 and hardly less; prose and code lie
/// between.
pub(super) fn encoding(entropy: f64) -> Option<Encoding> {
    match entropy {
        3.4..=4.05 => Some(Encoding::Hexadecimal),
        5.85..=6.05 => Some(Encoding::Base64),
        _ => None,
    }
}

/// Code that can't be read until it runs: sections other than resources beyond 7.2 bits per byte, or no imports at all.
pub(super) fn is_packed(pe: &Pe<'_>) -> bool {
    const PACKED_BITS: f64 = 7.2;
    let names = pe.section_names();
    let dense = names.zip(pe.section_entropies()).any(|(name, value)| {
        let is_data = matches!(name, b".rsrc" | b".reloc" | b".rdata" | b"_winzip_");
        !is_data && matches!(value, Value::Double(bits) if *bits > PACKED_BITS)
    });
    let upx = pe.section_names().any(|name| name.starts_with(b"UPX"));
    dense || upx || (pe.is_exe() == Some(true) && pe.has_import_table() == Some(false) && pe.section_names().count() > 0)
}

/// Made before Windows was, after it was fetched, or so shortly before that nobody can have tested it.
pub(super) fn is_oddly_dated(pe: &Pe<'_>, now: Timestamp) -> bool {
    const WINDOWS_95: Timestamp = Timestamp::from_secs(808_876_800);
    const DAY: model::Interval = model::Interval::from_secs(86_400);
    pe.compile_ts().is_some_and(|made| made < WINDOWS_95 || made > now + DAY || (made <= now && now - made < DAY))
}

fn is_bare(host: &[u8]) -> bool {
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    !name.iter().any(u8::is_ascii_alphabetic) || host.starts_with(b"[")
}

/// `invoice.pdf.exe`.
fn has_double_ending(name: &[u8]) -> bool {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let (stem, ending) = name.split_at(dot);
    let ending = [ending].concat();
    ends_with(&ending, &[".exe", ".scr", ".pif", ".com", ".bat", ".cmd", ".js", ".vbs", ".hta", ".lnk"])
        && ends_with(stem.trim_ascii_end(), HARMLESS_ENDINGS)
}

/// A part of a path that is no word: very long letters without a break, or digits alone before `.exe`.
fn is_wordless(part: &[u8]) -> bool {
    let stem = part.split(|byte| *byte == b'.').next().unwrap_or_default();
    let letters = stem.iter().all(u8::is_ascii_alphanumeric);
    let endless = letters && stem.len() >= 30;
    let numbered = !stem.is_empty() && stem.len() <= 4 && stem.iter().all(u8::is_ascii_digit) && ends_with(part, PROGRAM_ENDINGS);
    endless || numbered
}

fn ends_with(text: &[u8], endings: &[&str]) -> bool {
    endings.iter().any(|ending| crate::ends_with(text, ending.as_bytes()))
}

fn contains_any(text: &[u8], parts: &[&str]) -> bool {
    parts.iter().any(|part| crate::contains(text, part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        assert!(has_double_ending(b"/invoice.pdf.exe") && has_double_ending(b"photo.jpg   .scr"));
        assert!(!has_double_ending(b"/setup-1.2.exe") && !has_double_ending(b"/a.tar.gz"));
        assert!(is_wordless(b"ojHYhkfkmuofwuendkfptktnbujgmfkgtdeitobregvdgetyhsk") && is_wordless(b"97.exe"));
        assert!(!is_wordless(b"putty.exe") && !is_wordless(b"7z938.exe"));
    }

    #[test]
    fn entropy_tells_encodings_from_prose() {
        assert_eq!((encoding(3.999), encoding(5.98)), (Some(Encoding::Hexadecimal), Some(Encoding::Base64)));
        assert!([4.4, 5.2, 7.9].iter().all(|entropy| encoding(*entropy).is_none()));
    }
}
