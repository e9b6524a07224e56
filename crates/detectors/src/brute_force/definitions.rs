//! What is said of those who guess: the static half of the findings.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const SOURCE: &str = "DETECTIONS.md brute_force; S2";

/// Many failures.
pub(super) const GUESSES: Definition = Definition {
    detector: "brute_force",
    name: "password_guessing",
    title: Words { en: "guesses passwords", ja: "パスワードを総当たりで試している" },
    rule: Words {
        en: "more than 10 failed logons at one service of one server within 10 minutes; high from 30",
        ja: "一つのサーバーの同じサービスで 10 分以内に 10 回を超える認証失敗。30 回から高",
    },
    next: Words {
        en: "block the source, and see whether one of the logons worked; a program with an old password fails for one user only",
        ja: "送信元を遮断し、成功した認証がないか確かめる。古いパスワードを持つプログラムなら失敗は一人の利用者に限られる",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1110.001"],
    excluded: &[Role::ScannersAuthorised],
};

/// A success after them.
pub(super) const GUESSED: Definition = Definition {
    detector: "brute_force",
    name: "password_guessed",
    title: Words { en: "got in after guessing passwords", ja: "総当たりの末にログオンに成功した" },
    rule: Words {
        en: "a logon that worked within 10 minutes after more than 10 that failed, by the same source at the same service",
        ja: "同じ送信元が同じサービスで 10 回を超えて失敗した後、10 分以内に認証に成功した",
    },
    next: Words {
        en: "change the password, end its sessions, and see what was done in them",
        ja: "そのパスワードを変え、セッションを切り、何が行われたかを調べる",
    },
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1110.001", "T1078"],
    excluded: &[Role::ScannersAuthorised],
};

/// Few failures at many.
pub(super) const SPRAY: Definition = Definition {
    detector: "brute_force",
    name: "password_spraying",
    title: Words {
        en: "tries logons at many servers or for many users", ja: "多数のサーバーまたは利用者で認証を試している"
    },
    rule: Words {
        en: "failed logons at 10 servers, or for 10 users, within 10 minutes",
        ja: "10 分以内に 10 台のサーバー、または 10 人の利用者で認証に失敗",
    },
    next: Words {
        en: "see which users were tried and whether one of them got in", ja: "どの利用者が試され、成功した者がないかを調べる"
    },
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1110.003"],
    excluded: &[Role::ScannersAuthorised, Role::MailServers, Role::Proxies],
};

/// Connections that look like guesses.
pub(super) const SHAPE: Definition = Definition {
    detector: "brute_force",
    name: "guessing_by_shape",
    title: Words {
        en: "makes many like connections to a logon service", ja: "ログオンサービスへ同じ形の接続を繰り返している"
    },
    rule: Words {
        en: "30 connections under a minute, with answers of one size, to one SSH, Telnet, SQL Server, RDP or VNC port within 10 minutes",
        ja: "10 分以内に一つの SSH・Telnet・SQL Server・RDP・VNC ポートへ、応答の大きさが揃った 1 分未満の接続が 30 回",
    },
    next: Words {
        en: "look into the server's own log; a task that runs every few seconds looks alike",
        ja: "サーバー側のログを確かめる。数秒ごとに動く自動処理も同じように見える",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1110"],
    excluded: &[Role::ScannersAuthorised, Role::Monitors],
};

/// All of them.
pub(super) static ALL: [Definition; 4] = [GUESSES, GUESSED, SPRAY, SHAPE];
