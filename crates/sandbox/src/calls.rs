//! System calls: none that a sensor never makes (seccomp). A list of what is refused, not of what is allowed: the latter would break
//! with every new C library, and what is refused here is what an intruder wants next.

use crate::{Needs, Reach};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Which sockets are still made after all is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sockets {
    /// None but local ones (Unix); accepting on open ones goes on.
    #[default]
    Local,
    /// Also those of IP: findings are sent somewhere.
    Ip,
}

/// Other programs.
const PROGRAMS: &[i64] = &[libc::SYS_execve, libc::SYS_execveat];

/// Other processes, mounts, modules, other kernels' doors, clocks, keys.
const REFUSED: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_open_by_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    libc::SYS_syslog,
    libc::SYS_vhangup,
];

pub(crate) fn restrict(needs: &Needs) -> Reach {
    let program = match program(needs) {
        Ok(program) => program,
        Err(error) => return Reach::Not(error.to_string()),
    };
    match apply_filter_all_threads(&program) {
        Ok(()) if needs.runs_programs => Reach::Partly("a setting runs a command, so that programs may be run".to_owned()),
        Ok(()) => Reach::Whole,
        Err(error) => Reach::Not(error.to_string()),
    }
}

fn program(needs: &Needs) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    if !needs.runs_programs {
        rules.extend(PROGRAMS.iter().map(|call| (*call, Vec::new())));
    }
    rules.insert(libc::SYS_socket, vec![other_socket(needs.sockets)?]);
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32), arch)?.try_into()
}

/// The rule that holds for sockets of other families than those that may be.
fn other_socket(sockets: Sockets) -> Result<SeccompRule, seccompiler::BackendError> {
    let allowed: &[i32] = match sockets {
        Sockets::Local => &[libc::AF_UNIX],
        Sockets::Ip => &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6],
    };
    let other = |family: &i32| SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, *family as u64);
    SeccompRule::new(allowed.iter().map(other).collect::<Result<_, _>>()?)
}
