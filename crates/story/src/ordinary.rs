//! Destinations that everybody uses: blocking them would hit ordinary work, and calling them accuses nobody.
//!
//! Intruders use them, too (file hosting, chat): then the URL is what to look for, never the name or the address. The list holds
//! registered domains of makers of operating systems and browsers, of delivery networks, of the largest services, and of those
//! who check certificates. It is short on purpose: what is ordinary in one's own network, prevalence shows.

/// Makers' update and telemetry hosts, delivery networks, certificate checks, the largest services.
const DOMAINS: &[&str] = &[
    "adobe.com",
    "akadns.net",
    "akamai.net",
    "akamaiedge.net",
    "akamaized.net",
    "amazon.com",
    "amazonaws.com",
    "amazontrust.com",
    "apple.com",
    "aaplimg.com",
    "azure.com",
    "azureedge.net",
    "bing.com",
    "cloudflare.com",
    "cloudflare.net",
    "cloudfront.net",
    "debian.org",
    "digicert.com",
    "discord.com",
    "discordapp.com",
    "dropbox.com",
    "edgekey.net",
    "edgesuite.net",
    "entrust.net",
    "facebook.com",
    "fastly.net",
    "fbcdn.net",
    "firefox.com",
    "gandi.net",
    "ggpht.com",
    "github.com",
    "githubusercontent.com",
    "globalsign.com",
    "gmail.com",
    "google-analytics.com",
    "google.com",
    "googleapis.com",
    "googleusercontent.com",
    "googlevideo.com",
    "gstatic.com",
    "gvt1.com",
    "hotmail.com",
    "hwcdn.net",
    "icloud.com",
    "identrust.com",
    "instagram.com",
    "lencr.org",
    "letsencrypt.org",
    "line.me",
    "linkedin.com",
    "live.com",
    "llnwd.net",
    "mediafire.com",
    "mega.nz",
    "microsoft.com",
    "microsoftonline.com",
    "mozilla.com",
    "mozilla.net",
    "mozilla.org",
    "msedge.net",
    "msftconnecttest.com",
    "msftncsi.com",
    "msn.com",
    "netflix.com",
    "office.com",
    "office.net",
    "office365.com",
    "onedrive.com",
    "outlook.com",
    "pastebin.com",
    "pki.goog",
    "pool.ntp.org",
    "ubuntu.com",
    "rapidssl.com",
    "sectigo.com",
    "sharepoint.com",
    "skype.com",
    "slack.com",
    "sourceforge.net",
    "spotify.com",
    "symantec.com",
    "symcb.com",
    "symcd.com",
    "telegram.org",
    "thawte.com",
    "trafficmanager.net",
    "twimg.com",
    "twitter.com",
    "usertrust.com",
    "verisign.com",
    "whatsapp.net",
    "wikipedia.org",
    "windows.com",
    "windows.net",
    "windowsupdate.com",
    "x.com",
    "yahoo.co.jp",
    "yahoo.com",
    "yimg.com",
    "yimg.jp",
    "youtube.com",
    "ytimg.com",
    "zoom.us",
];

/// Networks (autonomous systems) in which one address serves many customers: blocking it hits all of them.
const SHARED_SYSTEMS: &[u32] = &[
    13335,  // Cloudflare
    54113,  // Fastly
    16625,  // Akamai
    20940,  // Akamai
    16509,  // Amazon
    8075,   // Microsoft
    15169,  // Google
    396982, // Google Cloud
    32934,  // Facebook
    2635,   // Automattic (WordPress)
    26496,  // GoDaddy hosting
    46606,  // Unified Layer hosting
    62597,  // NS1
];

/// Whether a name belongs to one of the destinations that everybody uses.
pub(crate) fn is_ordinary(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(b".").unwrap_or(&name);
    DOMAINS.iter().any(|domain| name.strip_suffix(domain.as_bytes()).is_some_and(|before| before.is_empty() || before.ends_with(b".")))
}

/// Whether one address in this network serves many.
pub(crate) fn is_shared_system(number: u32) -> bool {
    SHARED_SYSTEMS.contains(&number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_a_domain_belong_to_it_and_lookalikes_do_not() {
        for (name, ordinary) in [
            ("ctldl.windowsupdate.com", true),
            ("Discord.com", true),
            ("microsoft.com.", true),
            ("notmicrosoft.com", false),
            ("microsoft.com.evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_ordinary(name.as_bytes()), ordinary, "{name}");
        }
    }
}
