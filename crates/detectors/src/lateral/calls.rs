//! Which remote procedure calls tell of movement, and how much each tells.

use super::definitions::{
    ACCOUNT_ENUMERATION, DIRECTORY_REPLICATION, FORCED_AUTHENTICATION, PRINTER_DRIVER, REMOTE_EXECUTION, REMOTE_REGISTRY, REMOTE_SERVICE,
    REMOTE_TASK,
};
use contract::{Definition, Severity};

/// A call that tells something: interface, beginning of the operation's name, what is found, how bad, how sure in per cent.
type Row = (&'static str, &'static str, &'static Definition, Severity, u8);

/// In order: the first row that fits counts.
const CALLS: &[Row] = &[
    ("svcctl", "CreateService", REMOTE_SERVICE, Severity::High, 92),
    ("svcctl", "CreateWowService", REMOTE_SERVICE, Severity::High, 92),
    ("svcctl", "StartService", REMOTE_SERVICE, Severity::High, 90),
    ("svcctl", "ChangeServiceConfig", REMOTE_SERVICE, Severity::High, 90),
    ("svcctl", "ControlService", REMOTE_SERVICE, Severity::High, 88),
    ("svcctl", "DeleteService", REMOTE_SERVICE, Severity::High, 90),
    ("svcctl", "OpenSCManager", REMOTE_SERVICE, Severity::Medium, 75),
    ("svcctl", "OpenService", REMOTE_SERVICE, Severity::Medium, 80),
    ("svcctl", "EnumServices", REMOTE_SERVICE, Severity::Medium, 80),
    ("atsvc", "NetrJobAdd", REMOTE_TASK, Severity::High, 92),
    ("ITaskSchedulerService", "SchRpcRegisterTask", REMOTE_TASK, Severity::High, 92),
    ("ITaskSchedulerService", "SchRpcRun", REMOTE_TASK, Severity::High, 90),
    ("IWbemServices", "ExecMethod", REMOTE_EXECUTION, Severity::High, 90),
    ("IWbemServices", "PutInstance", REMOTE_EXECUTION, Severity::High, 90),
    ("IWbemServices", "PutClass", REMOTE_EXECUTION, Severity::High, 90),
    ("IWbemServices", "", REMOTE_EXECUTION, Severity::Medium, 75),
    ("IWbemLevel1Login", "NTLMLogin", REMOTE_EXECUTION, Severity::Medium, 75),
    ("IDispatch", "Invoke", REMOTE_EXECUTION, Severity::High, 90),
    ("IDispatch", "GetIDsOfNames", REMOTE_EXECUTION, Severity::High, 88),
    ("IRemoteSCMActivator", "RemoteCreateInstance", REMOTE_EXECUTION, Severity::Medium, 65),
    ("IRemoteSCMActivator", "RemoteGetClassObject", REMOTE_EXECUTION, Severity::Medium, 65),
    ("winreg", "BaseRegSetValue", REMOTE_REGISTRY, Severity::High, 88),
    ("winreg", "BaseRegSaveKey", REMOTE_REGISTRY, Severity::High, 90),
    ("winreg", "BaseRegCreateKey", REMOTE_REGISTRY, Severity::Medium, 80),
    ("drsuapi", "DRSGetNCChanges", DIRECTORY_REPLICATION, Severity::High, 92),
    ("spoolss", "RpcAddPrinterDriverEx", PRINTER_DRIVER, Severity::High, 92),
    ("spoolss", "RpcRemoteFindFirstPrinterChangeNotification", FORCED_AUTHENTICATION, Severity::Medium, 75),
    ("efsrpc", "EfsRpcOpenFileRaw", FORCED_AUTHENTICATION, Severity::High, 90),
    ("efsrpc", "EfsRpcEncryptFile", FORCED_AUTHENTICATION, Severity::High, 90),
    ("efsrpc", "EfsDecryptFileSrv", FORCED_AUTHENTICATION, Severity::High, 90),
    ("efsrpc", "EfsRpcQueryUsersOnFile", FORCED_AUTHENTICATION, Severity::High, 88),
    ("efsrpc", "EfsRpcAddUsersToFile", FORCED_AUTHENTICATION, Severity::High, 88),
    ("efsrpc", "EfsRpcDuplicateEncryptionInfoFile", FORCED_AUTHENTICATION, Severity::High, 90),
    ("efsrpc", "EfsRpcFileKeyInfo", FORCED_AUTHENTICATION, Severity::High, 88),
    ("samr", "SamrEnumerate", ACCOUNT_ENUMERATION, Severity::Medium, 75),
    ("samr", "SamrGetMembersIn", ACCOUNT_ENUMERATION, Severity::Medium, 75),
    ("samr", "SamrQueryDisplayInformation", ACCOUNT_ENUMERATION, Severity::Medium, 75),
    ("samr", "SamrGetAliasMembership", ACCOUNT_ENUMERATION, Severity::Low, 50),
];

/// What a call tells. `efsrpc` stands for both of the interfaces that the encrypting file system is reached by.
pub(super) fn tells(endpoint: &[u8], operation: &[u8]) -> Option<&'static Row> {
    CALLS.iter().find(|(interface, beginning, ..)| {
        let same = endpoint == interface.as_bytes() || (*interface == "efsrpc" && endpoint == b"efsrpc2");
        same && operation.starts_with(beginning.as_bytes())
    })
}

/// Whether a call lists what is open or shared on a host.
pub(super) fn lists_shares(endpoint: &[u8], operation: &[u8]) -> bool {
    match endpoint {
        b"srvsvc" => [&b"NetrShareEnum"[..], b"NetrSessionEnum", b"NetrFileEnum", b"NetrConnectionEnum"].contains(&operation),
        b"wkssvc" => operation.starts_with(b"NetrWkstaUserEnum"),
        _ => false,
    }
}

/// Whether a call is one of a computer's logon at its domain controller.
pub(super) fn authenticates(endpoint: &[u8], operation: &[u8]) -> bool {
    endpoint == b"netlogon" && operation.starts_with(b"NetrServerAuthenticate")
}
