//! Files that deserve a look: what runs, what runs by persuading its reader, and what hides either.

/// How much a file deserves a look; the first is looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A program.
    Executable,
    /// A program as text, or by its name.
    Script,
    /// A document of the kinds that carry macros and links.
    Document,
    /// A container that hides its content.
    Archive,
}

impl Rank {
    /// What people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Executable => "executable",
            Self::Script => "script",
            Self::Document => "document",
            Self::Archive => "archive",
        }
    }
}

const TYPES: &[(&str, Rank)] = &[
    ("application/java-archive", Rank::Executable),
    ("application/vnd.android.package-archive", Rank::Executable),
    ("application/vnd.microsoft.portable-executable", Rank::Executable),
    ("application/x-dosexec", Rank::Executable),
    ("application/x-elf", Rank::Executable),
    ("application/x-executable", Rank::Executable),
    ("application/x-java-applet", Rank::Executable),
    ("application/x-mach-o-executable", Rank::Executable),
    ("application/x-ms-installer", Rank::Executable),
    ("application/x-msi", Rank::Executable),
    ("application/x-object", Rank::Executable),
    ("application/x-pie-executable", Rank::Executable),
    ("application/x-sharedlib", Rank::Executable),
    ("application/x-shockwave-flash", Rank::Executable),
    ("application/hta", Rank::Script),
    ("application/x-ms-shortcut", Rank::Script),
    ("text/x-msdos-batch", Rank::Script),
    ("text/x-perl", Rank::Script),
    ("text/x-php", Rank::Script),
    ("text/x-powershell", Rank::Script),
    ("text/x-python", Rank::Script),
    ("text/x-shellscript", Rank::Script),
    ("application/msword", Rank::Document),
    ("application/pdf", Rank::Document),
    ("application/rtf", Rank::Document),
    ("text/rtf", Rank::Document),
    ("application/vnd.ms-cab-compressed", Rank::Archive),
    ("application/x-7z-compressed", Rank::Archive),
    ("application/x-iso9660-image", Rank::Archive),
    ("application/x-rar", Rank::Archive),
    ("application/x-rar-compressed", Rank::Archive),
    ("application/zip", Rank::Archive),
];

/// Families of types, by how they begin.
const FAMILIES: &[(&str, Rank)] = &[
    ("application/vnd.ms-excel", Rank::Document),
    ("application/vnd.ms-office", Rank::Document),
    ("application/vnd.ms-powerpoint", Rank::Document),
    ("application/vnd.ms-word", Rank::Document),
    ("application/vnd.openxmlformats-officedocument", Rank::Document),
];

const ENDINGS: &[(&[u8], Rank)] = &[
    (b".exe", Rank::Executable),
    (b".dll", Rank::Executable),
    (b".scr", Rank::Executable),
    (b".msi", Rank::Executable),
    (b".jar", Rank::Executable),
    (b".apk", Rank::Executable),
    (b".vbs", Rank::Script),
    (b".vbe", Rank::Script),
    (b".hta", Rank::Script),
    (b".ps1", Rank::Script),
    (b".bat", Rank::Script),
    (b".lnk", Rank::Script),
    (b".wsf", Rank::Script),
    (b".docm", Rank::Document),
    (b".xlsm", Rank::Document),
    (b".iso", Rank::Archive),
];

/// The rank of a file by its type, else by its name; `None` for the many that deserve none.
pub fn rank(mime: &[u8], name: &[u8]) -> Option<Rank> {
    let mime = std::str::from_utf8(mime).unwrap_or_default();
    let by_type = || TYPES.iter().find(|(ty, _)| *ty == mime).map(|(_, rank)| *rank);
    let by_family = || FAMILIES.iter().find(|(ty, _)| mime.starts_with(ty)).map(|(_, rank)| *rank);
    let by_name = || {
        let ends = |ending: &[u8]| name.len() > ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending);
        // A page or a picture stays one, whatever its name says.
        let open = mime.is_empty() || mime.starts_with("text/plain") || mime.starts_with("application/");
        ENDINGS.iter().find(|(ending, _)| open && ends(ending)).map(|(_, rank)| *rank)
    };
    by_type().or_else(by_family).or_else(by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_before_the_name() {
        for (mime, name, expected) in [
            ("application/x-dosexec", "invoice.jpg", Some(Rank::Executable)),
            ("application/vnd.ms-excel.sheet.macroEnabled.12", "", Some(Rank::Document)),
            ("text/plain", "Setup.EXE", Some(Rank::Executable)),
            ("text/html", "setup.exe", None),
            ("", ".exe", None),
            ("image/png", "", None),
        ] {
            assert_eq!(rank(mime.as_bytes(), name.as_bytes()), expected, "{mime} {name}");
        }
    }
}
