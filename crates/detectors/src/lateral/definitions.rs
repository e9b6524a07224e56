//! What movement through a Windows network looks like: the static half of each finding.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const fn definition(
    name: &'static str,
    title: Words,
    rule: Words,
    severity: Severity,
    stage: Stage,
    techniques: &'static [&'static str],
) -> Definition {
    Definition {
        detector: "lateral",
        name,
        title,
        rule,
        next: Words {
            en: "ask who administers the target whether this was meant; if not, isolate the host and look at what it ran",
            ja: "対象ホストの管理者に意図した操作かを確かめ、違えば操作元のホストを隔離して実行されたものを調べる",
        },
        source: "MITRE ATT&CK lateral movement; MS-SCMR, MS-TSCH, MS-WMI, MS-DRSR, MS-NRPC, MS-RPRN, MS-EFSR",
        severity,
        stage,
        part: Part::Actor,
        techniques,
        excluded: &[Role::Monitors, Role::ScannersAuthorised],
    }
}

pub(super) static DEFINITIONS: [Definition; 14] = [
    definition(
        "remote_service",
        Words { en: "controls services of another host", ja: "他ホストのサービスを操作している" },
        Words {
            en: "calls of the service control manager (svcctl) of another host; high where a service is created, changed, started, stopped or deleted",
            ja: "他ホストのサービス制御マネージャー (svcctl) の呼び出し。サービスの作成、変更、開始、停止、削除は高",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1569.002", "T1021.002", "T1007"],
    ),
    definition(
        "remote_task",
        Words { en: "plans tasks on another host", ja: "他ホストにタスクを登録している" },
        Words {
            en: "a task is registered or run by the task scheduler (atsvc, ITaskSchedulerService) of another host",
            ja: "他ホストのタスクスケジューラー (atsvc, ITaskSchedulerService) へのタスクの登録または実行",
        },
        Severity::High,
        Stage::Spread,
        &["T1053.005"],
    ),
    definition(
        "remote_execution",
        Words {
            en: "runs programs on another host by WMI or DCOM", ja: "WMI または DCOM で他ホストのプログラムを動かしている"
        },
        Words {
            en: "objects of another host are activated (IRemoteSCMActivator, WMI login): medium; methods or instances of WMI, or the methods of \
                 an automation object (IDispatch) are called: high",
            ja: "他ホストのオブジェクトの起動 (IRemoteSCMActivator、WMI ログイン) は中。WMI のメソッドやインスタンス、オートメーション (IDispatch) の呼び出しは高",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1047", "T1021.003", "T1546.003"],
    ),
    definition(
        "remote_registry",
        Words {
            en: "changes or copies the registry of another host", ja: "他ホストのレジストリを変更または複製している"
        },
        Words {
            en: "values are set or keys saved in the registry (winreg) of another host",
            ja: "他ホストのレジストリ (winreg) への値の設定、またはキーの保存",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1112", "T1003.002"],
    ),
    Definition {
        // Domain controllers answer names, too, and replicate with each other all day.
        excluded: &[Role::Resolvers, Role::Monitors],
        ..definition(
            "directory_replication",
            Words { en: "copies the directory with all passwords", ja: "パスワードを含むディレクトリを複製している" },
            Words {
                en: "replication of the Active Directory (drsuapi DRSGetNCChanges) by a host that is no domain controller, for such answer names",
                ja: "ドメインコントローラーでない（名前解決に応答しない）ホストによる Active Directory の複製 (drsuapi DRSGetNCChanges)",
            },
            Severity::High,
            Stage::Acted,
            &["T1003.006"],
        )
    },
    definition(
        "logon_flood",
        Words {
            en: "tries the domain controller's own logon again and again", ja: "ドメインコントローラーの認証を繰り返し試している"
        },
        Words {
            en: "10 NetrServerAuthenticate calls within 10 minutes from one host: Zerologon needs 256 on average; a computer makes one",
            ja: "1 台のホストから 10 分以内に NetrServerAuthenticate が 10 回（Zerologon は平均 256 回必要とし、通常は 1 回）",
        },
        Severity::High,
        Stage::Exploited,
        &["T1210", "T1068"],
    ),
    definition(
        "printer_driver",
        Words {
            en: "installs a printer driver on another host", ja: "他ホストにプリンタードライバーを入れようとしている"
        },
        Words {
            en: "RpcAddPrinterDriverEx, or its asynchronous like, is called at another host's spooler (PrintNightmare)",
            ja: "他ホストのスプーラーへの RpcAddPrinterDriverEx またはその非同期版の呼び出し (PrintNightmare)",
        },
        Severity::High,
        Stage::Exploited,
        &["T1210", "T1547.012"],
    ),
    definition(
        "forced_authentication",
        Words { en: "makes another host log on somewhere", ja: "他ホストに認証を強制している" },
        Words {
            en: "calls that make a server open a path of the caller's choice: EFSRPC (PetitPotam), the spooler's change notification",
            ja: "呼び出し側の指定するパスをサーバーに開かせる呼び出し: EFSRPC (PetitPotam)、スプーラーの変更通知",
        },
        Severity::High,
        Stage::Exploited,
        &["T1187"],
    ),
    definition(
        "account_enumeration",
        Words { en: "lists accounts and groups of the domain", ja: "ドメインのアカウントやグループを列挙している" },
        Words {
            en: "SAMR enumerates users, groups or members of a group of another host",
            ja: "SAMR による他ホストのユーザー、グループ、グループ構成員の列挙",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1087.002", "T1069.002"],
    ),
    definition(
        "share_enumeration",
        Words { en: "lists shares and sessions of several hosts", ja: "複数ホストの共有やセッションを列挙している" },
        Words {
            en: "SRVSVC or WKSSVC enumerate shares, sessions or users of 3 hosts within 10 minutes",
            ja: "SRVSVC、WKSSVC による 10 分以内に 3 台以上の共有、セッション、利用者の列挙",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1135", "T1049"],
    ),
    definition(
        "admin_share",
        Words { en: "opens files on an administrative share", ja: "管理共有のファイルを開いている" },
        Words {
            en: "a file on C$, ADMIN$ or another drive's hidden share of another host is opened; high if it is a program or script",
            ja: "他ホストの C$、ADMIN$ などの隠し共有のファイルを開いた。プログラムやスクリプトなら高",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1021.002", "T1570"],
    ),
    definition(
        "weak_tickets",
        Words { en: "collects service tickets that can be cracked", ja: "解読できるサービスチケットを集めている" },
        Words {
            en: "tickets with RC4 for 3 service accounts within 10 minutes, where the domain gives stronger ones (Kerberoasting)",
            ja: "10 分以内に 3 つ以上のサービスアカウントの RC4 チケットを取得 (Kerberoasting)",
        },
        Severity::High,
        Stage::Spread,
        &["T1558.003"],
    ),
    definition(
        "remote_shell",
        Words { en: "runs commands on another host by WinRM", ja: "WinRM で他ホストのコマンドを動かしている" },
        Words {
            en: "requests to /wsman of another host; high if of two or more within 10 minutes",
            ja: "他ホストの /wsman への要求。10 分以内に 2 台以上なら高",
        },
        Severity::Medium,
        Stage::Spread,
        &["T1021.006"],
    ),
    definition(
        "program_from_share",
        Words { en: "fetches a program from a stranger's share", ja: "見知らぬ共有からプログラムを取得した" },
        Words {
            en: "a program or library is opened on a share that is named by a bare address; high if the session is anonymous",
            ja: "IP アドレスで指定された共有のプログラムやライブラリーを開いた。匿名セッションなら高",
        },
        Severity::Medium,
        Stage::CameIn,
        &["T1105", "T1210"],
    ),
];

pub(super) const REMOTE_SERVICE: &Definition = &DEFINITIONS[0];
pub(super) const REMOTE_TASK: &Definition = &DEFINITIONS[1];
pub(super) const REMOTE_EXECUTION: &Definition = &DEFINITIONS[2];
pub(super) const REMOTE_REGISTRY: &Definition = &DEFINITIONS[3];
pub(super) const DIRECTORY_REPLICATION: &Definition = &DEFINITIONS[4];
pub(super) const LOGON_FLOOD: &Definition = &DEFINITIONS[5];
pub(super) const PRINTER_DRIVER: &Definition = &DEFINITIONS[6];
pub(super) const FORCED_AUTHENTICATION: &Definition = &DEFINITIONS[7];
pub(super) const ACCOUNT_ENUMERATION: &Definition = &DEFINITIONS[8];
pub(super) const SHARE_ENUMERATION: &Definition = &DEFINITIONS[9];
pub(super) const ADMIN_SHARE: &Definition = &DEFINITIONS[10];
pub(super) const WEAK_TICKETS: &Definition = &DEFINITIONS[11];
pub(super) const REMOTE_SHELL: &Definition = &DEFINITIONS[12];
pub(super) const PROGRAM_FROM_SHARE: &Definition = &DEFINITIONS[13];
