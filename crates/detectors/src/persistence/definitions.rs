//! What may be found.

use contract::{Definition, Part, Severity, Stage, Words};

pub(super) static DEFINITIONS: [Definition; 7] = [
    Definition {
        detector: "persistence",
        name: "autorun_key",
        title: Words {
            en: "set a key by which a program starts by itself", ja: "プログラムが自動起動するレジストリキーを設定した"
        },
        rule: Words {
            en: "a value below Run, RunOnce, Winlogon, Image File Execution Options, AppInit_DLLs or their like that was set to a program; medium with one sign, \
                 high with two: it lies where users may write 1, it is a script or what runs scripts 1, its text is encoded 1; none of it is low",
            ja: "Run、RunOnce、Winlogon、Image File Execution Options、AppInit_DLLs などの下の値にプログラムを設定。次の兆候 1 つで中、2 つで高: \
                 利用者が書き込める場所 1、スクリプトまたはその実行環境 1、符号化された文字列 1。兆候なしは低",
        },
        next: Words {
            en: "look at the program that the key starts and at what set it",
            ja: "キーが起動するプログラムと、設定したプロセスを調べる",
        },
        source: "MISSION V9 (autorun keys); ATT&CK T1547, T1546",
        severity: Severity::Low,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1547.001", "T1547.004", "T1546.012", "T1546.010"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "startup_drop",
        title: Words {
            en: "put a program into the startup folder", ja: "スタートアップフォルダーにプログラムを置いた"
        },
        rule: Words {
            en: "a program, script or link that was created in a startup folder by something else than the shell or an installer",
            ja: "シェルやインストーラー以外がスタートアップフォルダーにプログラム、スクリプト、リンクを作成",
        },
        next: Words {
            en: "look at the file and at the process that wrote it", ja: "ファイルと、それを書いたプロセスを調べる"
        },
        source: "MISSION V9 (files dropped into startup folders); ATT&CK T1547.001",
        severity: Severity::High,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1547.001"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "system_drop",
        title: Words { en: "put a program into a folder of the system", ja: "システムフォルダーにプログラムを置いた" },
        rule: Words {
            en: "a program, library or driver that was created in the folder of Windows by a process that does not lie there or among installed programs; \
                 high where that process is a script host or lies where users may write",
            ja: "Windows フォルダーやプログラムフォルダー以外のプロセスが Windows フォルダーに実行ファイル、DLL、ドライバーを作成。\
                 スクリプト実行環境または利用者が書き込める場所のプロセスなら高",
        },
        next: Words {
            en: "look up the file's hash, and see what the process that wrote it is",
            ja: "ファイルのハッシュ値と、書いたプロセスの正体を調べる",
        },
        source: "MISSION V9 (files dropped into system folders); ATT&CK T1036.005",
        severity: Severity::Medium,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1036.005", "T1105"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "hosts_file",
        title: Words { en: "changed the hosts file", ja: "hosts ファイルを変更した" },
        rule: Words {
            en: "the file drivers\\etc\\hosts was written or deleted", ja: "drivers\\etc\\hosts ファイルの書き込みまたは削除"
        },
        next: Words {
            en: "read the file: which names lead elsewhere, or nowhere",
            ja: "ファイルを読み、どの名前がどこに向けられたかを調べる",
        },
        source: "MISSION V9 (hosts file); ATT&CK T1565.001",
        severity: Severity::Medium,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1565.001", "T1562.001"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "service_installed",
        title: Words { en: "got a new service", ja: "新しいサービスが登録された" },
        rule: Words {
            en: "a service that was installed or had its program changed; medium with one sign, high with two: its program lies where users may write or on \
                 a share 1, it is a command interpreter or a script 1, its text is encoded or written to a pipe 1, it is a known tool for remote control 1",
            ja: "サービスの登録またはプログラムの変更。次の兆候 1 つで中、2 つで高: 利用者が書き込める場所や共有 1、コマンド実行環境やスクリプト 1、\
                 符号化またはパイプへの出力 1、遠隔操作ツール 1",
        },
        next: Words {
            en: "find out who installed it, and what its program does", ja: "登録した者と、プログラムの内容を調べる"
        },
        source: "MISSION V9; ATT&CK T1543.003, T1569.002",
        severity: Severity::Low,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1543.003", "T1569.002"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "scheduled_task",
        title: Words { en: "got a new scheduled task", ja: "新しいタスクがスケジュールされた" },
        rule: Words {
            en: "a task that was scheduled or changed; medium with one sign, high with two, as for services",
            ja: "タスクの登録または変更。サービスと同じ兆候 1 つで中、2 つで高",
        },
        next: Words {
            en: "read the task: what it runs, when, and as whom", ja: "タスクが何を、いつ、誰として実行するかを調べる"
        },
        source: "ATT&CK T1053.005",
        severity: Severity::Low,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1053.005"],
        excluded: &[],
    },
    Definition {
        detector: "persistence",
        name: "log_cleared",
        title: Words { en: "had its event log cleared", ja: "イベントログが消去された" },
        rule: Words {
            en: "Windows' own event that a log was cleared (1102, 104, 517)",
            ja: "ログ消去を示す Windows イベント (1102、104、517)",
        },
        next: Words {
            en: "ask who did it; look for the events of that time elsewhere", ja: "実行者を確かめ、その時間帯の記録を他で探す"
        },
        source: "ATT&CK T1070.001",
        severity: Severity::High,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1070.001"],
        excluded: &[],
    },
];
