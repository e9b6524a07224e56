//! Signatures of TCP stacks in p0f's notation, both those that a database holds (with wildcards) and those that were seen.
//!
//! ```text
//! ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass        *:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0
//! ```
//!
//! Source: p0f 3, README, section 5.

/// The names of quirks; a signature holds a bit for each.
const QUIRKS: [&str; 17] =
    ["df", "id+", "id-", "ecn", "0+", "flow", "seq-", "ack+", "ack-", "uptr+", "urgf+", "pushf+", "ts1-", "ts2+", "opt+", "exws", "bad"];

/// The bit of a quirk. Used in constants, where a misspelt name does not compile.
pub(super) const fn quirk(name: &str) -> u32 {
    let mut at = 0;
    while at < QUIRKS.len() {
        if is_same(QUIRKS[at], name) {
            return 1 << at;
        }
        at += 1;
    }
    panic!("no such quirk")
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// How a window is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Whatever it is.
    Any,
    /// Just so.
    Plain(u16),
    /// A multiple of this.
    Of(u16),
    /// So many times the segment's most bytes.
    Mss(u16),
    /// So many times the packet's most bytes.
    Mtu(u16),
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// 4 or 6; 0 for both.
    pub(super) version: u8,
    /// The initial time to live.
    pub(super) ttl: u8,
    /// Whether that is only the most it may be, since the tool makes it up.
    pub(super) any_ttl: bool,
    /// Bytes of IP options.
    pub(super) ip_options: u8,
    /// The most bytes of a segment.
    pub(super) mss: Option<u16>,
    /// The window.
    pub(super) window: Window,
    /// The window's scale.
    pub(super) scale: Option<u8>,
    /// Kinds of options, in order.
    pub(super) layout: Box<[u8]>,
    /// Bytes behind the end of options.
    pub(super) padding: u8,
    /// Quirks, a bit each.
    pub(super) quirks: u32,
    /// Whether there is a payload.
    pub(super) payload: Option<bool>,
}

/// Options that one signature may list: a header has room for forty bytes.
const OPTIONS_MAX: usize = 40;

impl Signature {
    /// From its text; the field that is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut fields = text.split(':');
        let mut field = || fields.next().map(str::trim).ok_or("there are eight fields, with colons between");
        let version = match field()? {
            "4" => 4,
            "6" => 6,
            "*" => 0,
            _ => return Err("ver is 4, 6 or *"),
        };
        let (ttl, any_ttl) = ttl(field()?).ok_or("ittl is a number up to 255, or 54+10, or 255-")?;
        let ip_options = field()?.parse().map_err(|_| "olen is a number up to 255")?;
        let mss = wild(field()?).ok_or("mss is a number up to 65535, or *")?;
        let (window, scale) = field()?.split_once(',').ok_or("wsize and scale stand with a comma between")?;
        let window = window_of(window).ok_or("wsize is a number, *, mss*N, mtu*N or %N")?;
        let scale = wild(scale).ok_or("scale is a number up to 255, or *")?;
        let (layout, padding) = layout(field()?).ok_or("olayout lists eol+N, nop, mss, ws, sok, sack, ts, ?N")?;
        let quirks = quirks(field()?).ok_or("one of the quirks is not known")?;
        let payload = match field()? {
            "0" => Some(false),
            "+" => Some(true),
            "*" => None,
            _ => return Err("pclass is 0, + or *"),
        };
        if fields.next().is_some() {
            return Err("there are eight fields, and no more");
        }
        Ok(Self { version, ttl, any_ttl, ip_options, mss, window, scale, layout, padding, quirks, payload })
    }

    /// Bytes of the IP and TCP headers, as the options show.
    pub(super) fn header_bytes(&self) -> u32 {
        let options = self.layout.iter().map(|kind| match kind {
            2 => 4,
            3 => 3,
            4 => 2,
            8 => 10,
            _ => 1,
        });
        let options = options.sum::<u32>() + u32::from(self.padding);
        let ip = if self.version == 6 { 40 } else { 20 + u32::from(self.ip_options) };
        ip + 20 + options.div_ceil(4) * 4
    }
}

/// A number, or `None` for any.
#[expect(clippy::option_option, reason = "malformed, any, or a number")]
fn wild<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text == "*" { Some(None) } else { text.parse().ok().map(Some) }
}

fn ttl(text: &str) -> Option<(u8, bool)> {
    if let Some(most) = text.strip_suffix('-') {
        return Some((most.parse().ok()?, true));
    }
    match text.split_once('+') {
        Some((seen, "?")) => Some((seen.parse().ok()?, false)),
        Some((seen, hops)) => Some((seen.parse::<u8>().ok()?.checked_add(hops.parse().ok()?)?, false)),
        None => Some((text.parse().ok()?, false)),
    }
}

fn window_of(text: &str) -> Option<Window> {
    let factor = |text: &str| text.parse::<u16>().ok().filter(|factor| *factor > 0);
    if text == "*" {
        Some(Window::Any)
    } else if let Some(times) = text.strip_prefix("mss*") {
        factor(times).map(Window::Mss)
    } else if let Some(times) = text.strip_prefix("mtu*") {
        factor(times).map(Window::Mtu)
    } else if let Some(of) = text.strip_prefix('%') {
        factor(of).map(Window::Of)
    } else {
        text.parse().ok().map(Window::Plain)
    }
}

fn layout(text: &str) -> Option<(Box<[u8]>, u8)> {
    let (mut kinds, mut padding) = (Vec::new(), 0);
    for word in text.split(',').filter(|word| !word.is_empty()) {
        kinds.push(match word {
            "nop" => 1,
            "mss" => 2,
            "ws" => 3,
            "sok" => 4,
            "sack" => 5,
            "ts" => 8,
            other => match (other.strip_prefix("eol+"), other.strip_prefix('?')) {
                (Some(bytes), _) => {
                    padding = bytes.parse().ok()?;
                    0
                }
                (_, Some(kind)) => kind.parse().ok()?,
                _ => return None,
            },
        });
    }
    (kinds.len() <= OPTIONS_MAX).then(|| (kinds.into(), padding))
}

fn quirks(text: &str) -> Option<u32> {
    let mut all = 0;
    for word in text.split(',').filter(|word| !word.is_empty()) {
        all |= 1 << QUIRKS.iter().position(|known| *known == word)?;
    }
    Some(all)
}
