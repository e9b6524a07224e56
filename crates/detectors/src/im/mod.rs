//! Messengers (P6): who uses which, by where they connect to.
//!
//! Definition (DETECTIONS.md `im`): a look-up of, a TLS handshake with, or a request to a name of a messenger's service; the
//! SIP-like and other protocols that only messengers speak (XMPP's and Teamspeak's ports stand for themselves). Said once for
//! each host and messenger, as a fact that accuses nobody: business uses them, and S2 asks for the list so that warnings
//! reach the right people. Left out: what is said; messengers inside social networks' own sites.

use crate::contact::is_host;
use crate::suffixes::Suffixes;
use bounded::Table;
use contract::seen::{Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Im;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "im",
    name: "messenger",
    title: Words { en: "uses a messenger", ja: "メッセンジャーを使っている" },
    rule: Words {
        en: "a look-up, TLS handshake or request for a name of a messenger's service",
        ja: "メッセンジャーのサービス名の名前解決、TLS ハンドシェイク、または要求",
    },
    next: Words {
        en: "nothing to do; the list says whom to warn when something spreads through this messenger",
        ja: "対処は不要。このメッセンジャー経由で何かが広がったとき、誰に知らせるべきかが分かる",
    },
    source: "DETECTIONS.md im; S2",
    severity: Severity::Info,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &[],
    excluded: &[Role::Resolvers, Role::Proxies],
}];

/// Services by the end of their names. Old ones stay: captures are old, too.
const NAMES: &[(&str, &str)] = &[
    ("messenger.hotmail.com", "MSN Messenger"),
    ("messenger.msn.com", "MSN Messenger"),
    ("messenger.live.com", "MSN Messenger"),
    ("gateway.messenger.hotmail.com", "MSN Messenger"),
    ("msg.yahoo.com", "Yahoo Messenger"),
    ("messenger.yahoo.com", "Yahoo Messenger"),
    ("messenger.yahoo.co.jp", "Yahoo Messenger"),
    ("oscar.aol.com", "AIM"),
    ("login.messaging.aol.com", "AIM"),
    ("aim.com", "AIM"),
    ("icq.com", "ICQ"),
    ("icq.net", "ICQ"),
    ("line.me", "LINE"),
    ("line.naver.jp", "LINE"),
    ("line-apps.com", "LINE"),
    ("line-scdn.net", "LINE"),
    ("kakao.com", "KakaoTalk"),
    ("wechat.com", "WeChat"),
    ("weixin.qq.com", "WeChat"),
    ("tencent-cloud.im", "QQ"),
    ("im.qq.com", "QQ"),
    ("whatsapp.net", "WhatsApp"),
    ("whatsapp.com", "WhatsApp"),
    ("telegram.org", "Telegram"),
    ("t.me", "Telegram"),
    ("signal.org", "Signal"),
    ("whispersystems.org", "Signal"),
    ("viber.com", "Viber"),
    ("slack.com", "Slack"),
    ("slack-msgs.com", "Slack"),
    ("teams.microsoft.com", "Microsoft Teams"),
    ("teams.live.com", "Microsoft Teams"),
    ("lync.com", "Skype for Business"),
    ("discord.com", "Discord"),
    ("discord.gg", "Discord"),
    ("discordapp.com", "Discord"),
    ("discord.media", "Discord"),
    ("zoom.us", "Zoom"),
    ("webex.com", "Webex"),
    ("chatwork.com", "Chatwork"),
    ("mtalk.google.com", "Google Talk"),
    ("talk.google.com", "Google Talk"),
    ("chat.google.com", "Google Chat"),
    ("edge-chat.facebook.com", "Facebook Messenger"),
    ("mqtt-mini.facebook.com", "Facebook Messenger"),
    ("edge-mqtt.facebook.com", "Facebook Messenger"),
    ("messenger.com", "Facebook Messenger"),
    ("threema.ch", "Threema"),
    ("wire.com", "Wire"),
    ("matrix.org", "Matrix"),
    ("element.io", "Matrix"),
    ("teamspeak.com", "TeamSpeak"),
    ("mattermost.com", "Mattermost"),
    ("zalo.me", "Zalo"),
];

/// Pairs of host and messenger that were told.
const TOLD_MAX: usize = 16_384;

impl Behaviour for Im {
    fn name(&self) -> &'static str {
        "im"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn wants(&self) -> &'static [What] {
        &[What::Dns, What::Ssl, What::Http]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, &'static str), ()>::held_bytes_max(TOLD_MAX)
    }
    fn open(&self, _settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch { told: Table::new(TOLD_MAX) })
    }
}

struct Watch {
    told: Table<(Addr, &'static str), ()>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, _known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Dns(dns) => self.name(dns.query(), dns.orig(), None, dns.ts(), dns.uid(), out),
            Seen::Ssl(ssl) => self.name(ssl.server_name(), ssl.orig(), ssl.resp(), ssl.ts(), ssl.uid(), out),
            Seen::Http(http) => self.name(http.host(), http.orig(), http.resp(), http.ts(), http.uid(), out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.told.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.told.dropped()
    }
}

type End = Option<(Addr, u16)>;

impl Watch {
    fn name(&mut self, name: &[u8], host: End, server: End, at: Timestamp, uid: Option<Uid>, out: &mut dyn Tell) {
        let Some(messenger) = messenger(name) else { return };
        let Some((host, _)) = host.filter(|(host, _)| is_host(*host)) else { return };
        if self.told.get(&(host, messenger)).is_some() {
            out.again(&DEFINITIONS[0], host, messenger.as_bytes(), at, uid);
            return;
        }
        self.told.entry((host, messenger), || ());
        let finding = Finding::new(&DEFINITIONS[0], host, at, 80).about(messenger.as_bytes());
        out.finding(finding.quote(name).peers(server.map(|(server, _)| server)).proof(uid));
    }
}

/// The endings of all their names.
static ENDINGS: Suffixes = {
    let (mut all, mut place) = (Suffixes::of(&[]), 0);
    while place < NAMES.len() {
        all = all.with(NAMES[place].0.as_bytes());
        place += 1;
    }
    all
};

/// The messenger whose service has such a name.
fn messenger(name: &[u8]) -> Option<&'static str> {
    if !ENDINGS.may_end(name) {
        return None;
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    NAMES.iter().find(|(end, _)| is_below(name, end.as_bytes())).map(|(_, messenger)| *messenger)
}

/// Whether a name is another, or lies below it.
fn is_below(name: &[u8], end: &[u8]) -> bool {
    let Some(at) = name.len().checked_sub(end.len()) else { return false };
    name.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(end)) && (at == 0 || name.get(at - 1) == Some(&b'.'))
}
