//! The languages of the page. Both wordings stand side by side where they are used, so that neither is forgotten.

use story::Text;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The wording in this language.
    pub(crate) const fn of<'a>(self, en: &'a str, ja: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }

    /// The story's wording in this language; the other one where this is missing.
    pub(crate) fn text(self, text: &Text) -> &str {
        let (first, second) = match self {
            Self::En => (&text.en, &text.ja),
            Self::Ja => (&text.ja, &text.en),
        };
        if first.is_empty() { second } else { first }
    }

    /// Its tag (BCP 47).
    pub(crate) const fn tag(self) -> &'static str {
        self.of("en", "ja")
    }

    /// The name of a severity.
    pub(crate) fn severity(self, name: &str) -> &str {
        match name {
            "critical" => self.of("critical", "緊急"),
            "high" => self.of("high", "高"),
            "medium" => self.of("medium", "中"),
            "low" => self.of("low", "低"),
            "info" => self.of("note", "情報"),
            other => other,
        }
    }

    /// The name of a stage.
    pub(crate) fn stage(self, name: &str) -> &str {
        match name {
            "came_in" => self.of("Came in", "侵入"),
            "exploited" => self.of("Exploited", "弱点の悪用"),
            "fetched_more" => self.of("Fetched more", "追加の取得"),
            "called_home" => self.of("Called home", "指令サーバーへの通信"),
            "spread" => self.of("Spread", "拡散"),
            "acted" => self.of("Acted", "活動"),
            "habit" => self.of("Habits", "その他の行動"),
            other => other,
        }
    }

    /// The name of a kind of indicator.
    pub(crate) fn indicator(self, name: &str) -> &str {
        match name {
            "domain" => self.of("name", "ドメイン名"),
            "ip" => self.of("address", "アドレス"),
            "url" => "URL",
            "sha256" => "SHA-256",
            "sha1" => "SHA-1",
            "md5" => "MD5",
            "ja3" => "JA3",
            "ja4" => "JA4",
            "user_agent" => self.of("user agent", "User-Agent"),
            "port" => self.of("port", "ポート"),
            other => other,
        }
    }

    /// The name of a role.
    pub(crate) fn role(self, name: &str) -> &str {
        match name {
            "mail_servers" => self.of("mail server", "メールサーバー"),
            "list_mailers" => self.of("list mailer", "一斉配信サーバー"),
            "resolvers" => self.of("name server", "DNS リゾルバー"),
            "secondaries" => self.of("secondary name server", "セカンダリ DNS"),
            "proxies" => self.of("proxy", "プロキシ"),
            "crawlers" => self.of("crawler", "クローラー"),
            "monitors" => self.of("monitor", "監視装置"),
            "scanners_authorised" => self.of("permitted scanner", "許可されたスキャナー"),
            "nat_known" => self.of("known NAT", "既知の NAT"),
            "vpn_pools" => self.of("VPN pool", "VPN アドレス"),
            "darknet" => self.of("unused addresses", "未使用アドレス"),
            "local_nets" => self.of("inside", "内部ネットワーク"),
            other => other,
        }
    }
}
