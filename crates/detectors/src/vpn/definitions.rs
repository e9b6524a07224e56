//! What is said of logons to a VPN: the static half of the findings.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const SOURCE: &str = "DETECTIONS.md vpn; S2";
/// Addresses of many: carriers that lead their users out at far places are named so in settings.
const EXCLUDED: &[Role] = &[Role::NatKnown, Role::VpnPools];

/// From where the user never was.
pub(super) const NEW_COUNTRY: Definition = Definition {
    detector: "vpn",
    name: "vpn_new_country",
    title: Words {
        en: "logs on to the VPN from a country that is new for its user",
        ja: "利用者にとって初めての国から VPN にログインした",
    },
    rule: Words {
        en: "a logon that worked from a country in which the user's last 3 or more logons were not",
        ja: "利用者の過去 3 回以上のログインになかった国からの、成功したログイン",
    },
    next: Words {
        en: "ask the user whether he travels; if not, end the session and change the password",
        ja: "出張中か本人に確かめる。違えばセッションを切り、パスワードを変える",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1133", "T1078"],
    excluded: EXCLUDED,
};

/// Faster than one can travel.
pub(super) const TRAVEL: Definition = Definition {
    detector: "vpn",
    name: "vpn_travel",
    title: Words {
        en: "logs on to the VPN from farther away than its user can have travelled",
        ja: "利用者が移動できないほど遠くから VPN にログインした",
    },
    rule: Words {
        en: "two logons of one user that worked, between which he would have travelled faster than 900 km/h, over 300 km or more",
        ja: "同じ利用者の成功した 2 回のログインの間の移動が時速 900 km を超える（300 km 以上）",
    },
    next: Words {
        en: "ask the user which of the two he was; end the other's session and change the password",
        ja: "どちらが本人かを確かめ、もう一方のセッションを切り、パスワードを変える",
    },
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1133", "T1078"],
    excluded: EXCLUDED,
};

/// Guessed.
pub(super) const GUESSED: Definition = Definition {
    detector: "vpn",
    name: "vpn_guessed",
    title: Words { en: "gets into the VPN after many failures", ja: "多数の失敗の後に VPN にログインした" },
    rule: Words {
        en: "10 failed logons of one user within 10 minutes, from whatever addresses, and then one that works",
        ja: "同じ利用者が 10 分以内に 10 回失敗した後（送信元は問わない）、成功した",
    },
    next: Words {
        en: "ask the user whether it was he; if not, end the session and change the password",
        ja: "本人かどうかを確かめる。違えばセッションを切り、パスワードを変える",
    },
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1133", "T1110"],
    excluded: EXCLUDED,
};

/// Twice at once.
pub(super) const TWICE: Definition = Definition {
    detector: "vpn",
    name: "vpn_two_sessions",
    title: Words {
        en: "logs on to the VPN while its user has a session from elsewhere",
        ja: "利用者が別の場所から接続中に VPN にログインした",
    },
    rule: Words {
        en: "a logon that worked while a session of the same user from another network (/24, /48) had begun less than 12 h before and not ended; \
             low where both are in one autonomous system",
        ja: "同じ利用者の別のネットワーク（/24・/48）からのセッションが 12 時間以内に始まり終わっていないときの、成功したログイン。同じ AS なら低",
    },
    next: Words {
        en: "ask the user for his devices: two of one person are usual, two persons with one account are not",
        ja: "利用者の端末を確かめる。一人で二台はよくあるが、一つのアカウントを二人で使うのは問題",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1133", "T1078"],
    excluded: EXCLUDED,
};

/// All of them.
pub(super) static ALL: [Definition; 4] = [NEW_COUNTRY, TRAVEL, GUESSED, TWICE];
