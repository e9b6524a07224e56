//! What the numbers in the headers mean, in Zeek's words, and the row that they make.

use super::header::{Headers, Section};
use super::log;
use model::{Event, Timestamp, Value};

const MACHINES: &[(u16, &str)] = &[
    (0, "UNKNOWN"),
    (0x14c, "I386"),
    (0x166, "R4000"),
    (0x169, "WCEMIPSV2"),
    (0x1a2, "SH3"),
    (0x1a3, "SH3DSP"),
    (0x1a6, "SH4"),
    (0x1a8, "SH5"),
    (0x1c0, "ARM"),
    (0x1c2, "THUMB"),
    (0x1c4, "ARMNT"),
    (0x1d3, "AM33"),
    (0x1f0, "POWERPC"),
    (0x1f1, "POWERPCFP"),
    (0x200, "IA64"),
    (0x266, "MIPS16"),
    (0x366, "MIPSFPU"),
    (0x466, "MIPSFPU16"),
    (0xebc, "EBC"),
    (0x8664, "AMD64"),
    (0x9041, "M32R"),
    (0xaa64, "ARM64"),
];

const SUBSYSTEMS: &[(u16, &str)] = &[
    (0, "UNKNOWN"),
    (1, "NATIVE"),
    (2, "WINDOWS_GUI"),
    (3, "WINDOWS_CUI"),
    (7, "POSIX_CUI"),
    (9, "WINDOWS_CE_GUI"),
    (10, "EFI_APPLICATION"),
    (11, "EFI_BOOT_SERVICE_DRIVER"),
    (12, "EFI_RUNTIME_DRIVER"),
    (13, "EFI_ROM"),
    (14, "XBOX"),
];

const SYSTEMS: &[((u16, u16), &str)] = &[
    ((10, 0), "Windows 10"),
    ((6, 4), "Windows 10 Technical Preview"),
    ((6, 3), "Windows 8.1 or Server 2012 R2"),
    ((6, 2), "Windows 8 or Server 2012"),
    ((6, 1), "Windows 7 or Server 2008 R2"),
    ((6, 0), "Windows Vista or Server 2008"),
    ((5, 2), "Windows XP x64 or Server 2003"),
    ((5, 1), "Windows XP"),
    ((5, 0), "Windows 2000"),
    ((4, 90), "Windows Me"),
    ((4, 10), "Windows 98"),
    ((4, 0), "Windows 95 or NT 4.0"),
    ((3, 51), "Windows NT 3.51"),
    ((3, 50), "Windows NT 3.5"),
    ((3, 2), "Windows 3.2"),
    ((3, 11), "Windows for Workgroups 3.11"),
    ((3, 10), "Windows 3.1 or NT 3.1"),
    ((3, 0), "Windows 3.0"),
    ((2, 11), "Windows 2.11"),
    ((2, 10), "Windows 2.10"),
    ((2, 0), "Windows 2.0"),
    ((1, 4), "Windows 1.04"),
    ((1, 3), "Windows 1.03"),
    ((1, 1), "Windows 1.01"),
    ((1, 0), "Windows 1.0"),
];

const EXPORTS: usize = 0;
const IMPORTS: usize = 1;
const CERTIFICATES: usize = 4;
const DEBUG: usize = 6;

impl Headers {
    /// Fills Zeek's columns.
    pub(super) fn describe(&self, row: &mut Event) {
        const MACHINE_32BIT: u16 = 0x100;
        row.set(log::MACHINE, word(MACHINES, self.machine));
        row.set(log::COMPILE_TS, Timestamp::from_secs(self.compiled.into()));
        row.set(log::IS_EXE, self.is_image);
        row.set(log::IS_64BIT, self.characteristics & MACHINE_32BIT == 0);
        let flags = self.optional.as_ref().map_or(0, |optional| optional.dll_characteristics);
        row.set(log::USES_ASLR, flags & 0x40 != 0);
        row.set(log::USES_CODE_INTEGRITY, flags & 0x80 != 0);
        row.set(log::USES_DEP, flags & 0x100 != 0);
        row.set(log::USES_SEH, flags & 0x400 == 0);
        if let Some(optional) = &self.optional {
            let known = SYSTEMS.iter().find(|(version, _)| *version == optional.os).map(|(_, name)| *name);
            row.set(log::OS, known.map_or_else(|| format!("unknown-{}.{}", optional.os.0, optional.os.1).into(), Value::from));
            row.set(log::SUBSYSTEM, word(SUBSYSTEMS, optional.subsystem));
            row.set(log::HAS_EXPORT_TABLE, self.directory(EXPORTS).is_some());
            row.set(log::HAS_IMPORT_TABLE, self.directory(IMPORTS).is_some());
            row.set(log::HAS_CERT_TABLE, self.directory(CERTIFICATES).is_some());
            row.set(log::HAS_DEBUG_DATA, self.directory(DEBUG).is_some());
        }
        if self.is_image {
            row.set(log::SECTION_NAMES, Value::list_or_unset(self.sections.iter().map(Section::name)));
        }
    }
}

fn word(words: &[(u16, &'static str)], number: u16) -> Value {
    let known = words.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    known.map_or_else(|| format!("unknown-{number}").into(), Value::from)
}
