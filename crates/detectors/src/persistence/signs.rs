//! Where programs lie and what they are, by their paths: what is ordinary for an installer accuses a script.

use crate::contains;

/// Keys by which Windows starts programs without being asked, as parts of their paths in lower case.
const AUTORUN_KEYS: &[&[u8]] = &[
    b"\\currentversion\\run\\",
    b"\\currentversion\\runonce\\",
    b"\\currentversion\\runonceex\\",
    b"\\currentversion\\runservices\\",
    b"\\currentversion\\policies\\explorer\\run\\",
    b"\\winlogon\\shell",
    b"\\winlogon\\userinit",
    b"\\winlogon\\notify",
    b"\\windows\\appinit_dlls",
    b"\\windows\\load",
    b"\\windows\\run",
    b"\\session manager\\bootexecute",
    b"\\session manager\\appcertdlls",
    b"\\active setup\\installed components\\",
    b"\\environment\\userinitmprlogonscript",
    b"\\control\\lsa\\security packages",
    b"\\control\\lsa\\authentication packages",
    b"\\control\\lsa\\notification packages",
    b"\\command processor\\autorun",
];
/// Keys that hang a program before or behind another, where only these values do.
const HOOK_KEYS: &[(&[u8], &[u8])] =
    &[(b"\\image file execution options\\", b"\\debugger"), (b"\\silentprocessexit\\", b"\\monitorprocess")];
/// Places where any user may write, and shares.
const WRITABLE: &[&[u8]] = &[
    b"\\appdata\\",
    b"\\temp\\",
    b"%temp%",
    b"%appdata%",
    b"\\users\\public\\",
    b"\\programdata\\",
    b"\\perflogs\\",
    b"\\downloads\\",
    b"\\desktop\\",
    b"\\$recycle",
    b"\\\\127.0.0.1\\",
    b"\\\\localhost\\",
    b"admin$",
];
/// What runs what others wrote.
const INTERPRETERS: &[&[u8]] = &[
    b"powershell",
    b"pwsh",
    b"cmd.exe",
    b"cmd /",
    b"%comspec%",
    b"wscript",
    b"cscript",
    b"mshta",
    b"rundll32",
    b"regsvr32",
    b"msbuild",
    b"installutil",
    b"bitsadmin",
    b"certutil",
    b".vbs",
    b".vbe",
    b".js\"",
    b".jse",
    b".wsf",
    b".hta",
    b".bat",
    b".ps1",
    b"javascript:",
    b"scrobj",
];
/// Text that is not meant to be read, and pipes.
const HIDDEN: &[&[u8]] = &[
    b"-enc ",
    b" -e ",
    b"-encodedcommand",
    b"frombase64",
    b"\\\\.\\pipe\\",
    b"downloadstring",
    b"invoke-expression",
    b"iex(",
    b"iex ",
    b"http://",
    b"https://",
];
/// Services of tools by which others work on a host.
const REMOTE_TOOLS: &[&[u8]] =
    &[b"psexe", b"paexec", b"remcom", b"csexec", b"winexe", b"bteservice", b"smbexec", b"krbrelay", b"meterpreter"];
/// What installs and updates, by the end of its path.
const INSTALLERS: &[&[u8]] = &[
    b"\\msiexec.exe",
    b"\\trustedinstaller.exe",
    b"\\tiworker.exe",
    b"\\dismhost.exe",
    b"\\drvinst.exe",
    b"\\svchost.exe",
    b"\\poqexec.exe",
    b"\\wuauclt.exe",
    b"\\msmpeng.exe",
    b"\\spoolsv.exe",
    b"\\services.exe",
    b"\\explorer.exe",
    b"\\mscorsvw.exe",
    b"\\ngen.exe",
    b"\\mofcomp.exe",
    b"\\sppsvc.exe",
    b"\\setup.exe",
];
const PROGRAMS: &[&[u8]] = &[b".exe", b".dll", b".sys", b".scr", b".com", b".cpl", b".ocx", b".pif"];
const SCRIPTS: &[&[u8]] = &[b".bat", b".cmd", b".vbs", b".vbe", b".js", b".jse", b".wsf", b".hta", b".ps1", b".lnk", b".url"];

fn any(text: &[u8], parts: &[&[u8]]) -> bool {
    parts.iter().any(|part| contains(text, part))
}

fn ends(text: &[u8], endings: &[&[u8]]) -> bool {
    endings.iter().any(|ending| text.ends_with(ending))
}

/// Whether a key (in lower case) starts programs.
pub(super) fn is_autorun(key: &[u8]) -> bool {
    any(key, AUTORUN_KEYS) || HOOK_KEYS.iter().any(|(within, value)| contains(key, within) && key.ends_with(value))
}

/// Whether what a value was set to (in lower case) could start: a number or an empty text could not.
pub(super) fn could_start(value: &[u8]) -> bool {
    value.len() > 3 && !value.starts_with(b"dword ") && !value.starts_with(b"qword ") && value != b"(empty)" && value != b"binary data"
}

/// How many kinds of sign the text of what is to be run (in lower case) bears.
pub(super) fn count(text: &[u8]) -> u8 {
    [WRITABLE, INTERPRETERS, HIDDEN].iter().map(|kind| u8::from(any(text, kind))).sum()
}

/// Whether it is a known tool for remote control.
pub(super) fn is_remote_tool(text: &[u8]) -> bool {
    any(text, REMOTE_TOOLS)
}

/// What Windows and its maker's programs set for themselves.
pub(super) fn is_makers(value: &[u8]) -> bool {
    any(value, &[b"\\microsoft\\onedrive\\", b"\\microsoft\\teams\\", b"\\windows defender\\", b"\\securityhealth", b"\\microsoft\\edge"])
}

/// Whether a path (in lower case) lies in a startup folder and starts there.
pub(super) fn is_startup(path: &[u8]) -> bool {
    contains(path, b"\\start menu\\programs\\startup\\") && (ends(path, PROGRAMS) || ends(path, SCRIPTS))
}

/// Whether it is the hosts file.
pub(super) fn is_hosts(path: &[u8]) -> bool {
    path.ends_with(b"\\drivers\\etc\\hosts")
}

/// Whether it is a program in a folder of the system.
pub(super) fn is_system_program(path: &[u8]) -> bool {
    let Some(at) = path.windows(9).position(|part| part == b"\\windows\\") else { return false };
    let rest = path.get(at + 9..).unwrap_or_default();
    let within = !rest.contains(&b'\\')
        || [&b"system32\\"[..], b"syswow64\\", b"system\\", b"tasks\\"].iter().any(|folder| rest.starts_with(folder));
    // What Windows unpacks while it is updated, and what printers bring, changes every day.
    let passing = any(rest, &[b"\\spool\\", b"\\driverstore\\", b"\\catroot", b"\\winevt\\", b"\\config\\systemprofile\\"]);
    at <= 32 && within && !passing && ends(path, PROGRAMS)
}

/// Whether a process (its path in lower case) may put programs anywhere.
pub(super) fn is_installer(image: &[u8]) -> bool {
    let installed = contains(image, b"\\program files")
        || contains(image, b"\\windows\\winsxs\\")
        || contains(image, b"\\windows\\softwaredistribution\\");
    image.is_empty() || image == b"system" || installed || ends(image, INSTALLERS)
}

/// Whether it lies among the system's own programs and runs nothing that others wrote.
pub(super) fn is_systems(image: &[u8]) -> bool {
    (contains(image, b"\\windows\\system32\\") || contains(image, b"\\windows\\syswow64\\")) && !any(image, INTERPRETERS)
}

/// Whether a process is the likelier to mean harm.
pub(super) fn is_suspect(image: &[u8]) -> bool {
    any(image, WRITABLE) || any(image, INTERPRETERS)
}
