//! Files: only those that are needed (landlock, from Linux 5.13 on).

use crate::{Needs, Reach};
use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus,
};
use std::path::{Path, PathBuf};

/// The rules that are known of; an older kernel knows fewer, and keeps those.
const KNOWN: ABI = ABI::V5;

/// What libraries read behind our back: names and time zones, certificates, the process's own figures.
const COMMON: &[&str] = &[
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ssl",
    "/usr/share/zoneinfo",
    "/proc/self",
];
/// What is written and holds nothing.
const NOWHERE: &str = "/dev/null";
/// Where programs and what they need lie.
const PROGRAMS: &[&str] = &["/bin", "/sbin", "/usr", "/lib", "/lib64", "/etc"];

pub(crate) fn restrict(needs: &Needs) -> Reach {
    match rules(needs) {
        Ok(RestrictionStatus { ruleset: RulesetStatus::FullyEnforced, .. }) => Reach::Whole,
        Ok(RestrictionStatus { ruleset: RulesetStatus::PartiallyEnforced, .. }) => {
            Reach::Partly("this kernel knows fewer rules (older than Linux 6.10)".to_owned())
        }
        Ok(_) => Reach::Not("this kernel has no landlock, or it is switched off (lsm=landlock)".to_owned()),
        Err(error) => Reach::Not(error.to_string()),
    }
}

fn rules(needs: &Needs) -> Result<RestrictionStatus, RulesetError> {
    let reads: BitFlags<AccessFs> = AccessFs::from_read(KNOWN) & !BitFlags::from(AccessFs::Execute);
    let device = AccessFs::MakeBlock | AccessFs::MakeChar | AccessFs::IoctlDev;
    let writes: BitFlags<AccessFs> = AccessFs::from_all(KNOWN) & !(device | AccessFs::Execute);
    let mut all = Ruleset::default().handle_access(AccessFs::from_all(KNOWN))?.create()?;
    let common = COMMON.iter().map(PathBuf::from);
    let mut granted: Vec<(PathBuf, BitFlags<AccessFs>)> = common.chain(needs.reads.iter().cloned()).map(|path| (path, reads)).collect();
    granted.push((PathBuf::from(NOWHERE), reads | AccessFs::WriteFile));
    granted.extend(needs.writes.iter().map(|path| (path.clone(), writes)));
    if needs.runs_programs {
        granted.extend(PROGRAMS.iter().map(|path| (PathBuf::from(path), AccessFs::from_read(KNOWN))));
    }
    for (path, access) in granted {
        // What is not there needs no rule; it is not reached later either.
        if let Ok(place) = PathFd::new(&path) {
            all = all.add_rule(PathBeneath::new(place, fitting(&path, access)))?;
        }
    }
    all.restrict_self()
}

/// A file takes no rights of folders.
fn fitting(path: &Path, access: BitFlags<AccessFs>) -> BitFlags<AccessFs> {
    if path.is_dir() { access } else { access & AccessFs::from_file(KNOWN) }
}
