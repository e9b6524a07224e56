//! A database of stacks in p0f's file format, and which of its signatures one fits that was seen.
//!
//! Of the file, the sections `[tcp:request]` (SYN) and `[tcp:response]` (SYN+ACK) are read; MTU and HTTP signatures are left
//! out. The matching is p0f's: exact before generic before fuzzy. Fuzzy means that `df` or `id+` went on the way, `id-` or
//! `ecn` came, or that the time to live fits no distance. Source: p0f 3, README, section 5, and its behaviour.

use super::signature::{Signature, Window, quirk};
use crate::roles::Problem;
use bounded::Map;

/// Signatures of one file: p0f's own has some three hundred.
const SIGNATURES_MAX: usize = 20_000;
/// The longest way that is believed, in hops; beyond it the time to live only nearly fits.
const HOPS_MAX: u8 = 35;
/// The bytes of IPv4's and IPv6's header with TCP's, without options.
const HEADERS: [u16; 2] = [40, 60];
/// The most bytes of a packet on Ethernet.
const ETHERNET: u16 = 1500;
/// Bytes of a timestamp in every segment, for which some systems make room beforehand.
const TIMESTAMP: u16 = 12;
/// The option that is a timestamp.
const TS: u8 = 8;

const IPV4_ONLY: u32 = quirk("df") | quirk("id+") | quirk("id-");
const IPV6_ONLY: u32 = quirk("flow");
const MAY_GO: u32 = quirk("df") | quirk("id+");
const MAY_COME: u32 = quirk("id-") | quirk("ecn");

/// Signatures with the place of their label, by their layout of options.
type ByLayout = Map<Box<[u8]>, Vec<(Signature, u16)>>;

/// Who has a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Label {
    name: String,
    /// Fits only where nothing special does.
    generic: bool,
    /// No operating system, but a program that makes its own packets.
    is_tool: bool,
}

/// A database of stacks.
#[derive(Clone, Debug, Default)]
pub struct Database {
    labels: Vec<Label>,
    /// Of SYN and of SYN+ACK.
    by_layout: [ByLayout; 2],
    count: usize,
}

/// What a signature fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fit {
    label: u16,
    /// Only nearly.
    pub(crate) fuzzy: bool,
}

/// Which section of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Request,
    Response,
    Other,
}

impl Database {
    /// Reads a file's text; `name` is what its errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Box<Problem>> {
        let mut all = Self::default();
        let (mut section, mut label, mut at) = (Section::Other, None, 0);
        for whole in text.split_inclusive('\n') {
            let (from, line) = (at, whole.trim());
            at += whole.len();
            let wrong = |what: &str, fix: &str| {
                let span = from..from + whole.trim_end().len();
                Box::new(Problem::new(name, text, span, what.to_owned(), fix.to_owned()))
            };
            if let Some(heading) = line.strip_prefix('[') {
                section = match heading.trim_end_matches(']') {
                    "tcp:request" => Section::Request,
                    "tcp:response" => Section::Response,
                    _ => Section::Other,
                };
                label = None;
                continue;
            }
            if section == Section::Other || line.is_empty() || line.starts_with(';') {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or_else(|| wrong("this is no line of p0f's", "write label = … or sig = …"))?;
            match key.trim() {
                "label" => label = Some(all.label(value.trim()).ok_or_else(|| wrong("this is no label", "write s:unix:Linux:3.x"))?),
                "sig" => {
                    let place = label.ok_or_else(|| wrong("a signature of nobody", "write a label above it"))?;
                    let signature = Signature::parse(value.trim()).map_err(|fix| wrong("this is no signature", fix))?;
                    all.count += 1;
                    if all.count > SIGNATURES_MAX {
                        return Err(wrong("there are too many signatures", "keep those that are met"));
                    }
                    let by_layout = &mut all.by_layout[usize::from(section == Section::Response)];
                    by_layout.entry(signature.layout.clone()).or_default().push((signature, place));
                }
                // What a tool can run on, and the like.
                _ => {}
            }
        }
        Ok(all)
    }

    /// How many signatures it has.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn label(&mut self, text: &str) -> Option<u16> {
        let mut parts = text.splitn(4, ':');
        let (kind, class, name, flavour) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let name = format!("{name} {flavour}").trim_end().to_owned();
        self.labels.push(Label { name, generic: kind == "g", is_tool: class == "!" });
        u16::try_from(self.labels.len() - 1).ok()
    }

    /// The name of the operating system that was fitted.
    pub(crate) fn system(&self, fit: Fit) -> Option<&str> {
        self.labels.get(usize::from(fit.label)).filter(|label| !label.is_tool).map(|label| label.name.as_str())
    }

    /// What a signature fits that was seen on a SYN or SYN+ACK with `ttl` hops left. For a SYN+ACK, `peer_mss` is what the SYN
    /// said.
    pub(super) fn fit(&self, is_syn: bool, seen: &Signature, ttl: u8, peer_mss: u16) -> Option<Fit> {
        let candidates = self.by_layout[usize::from(!is_syn)].get(&seen.layout)?;
        let factor = factor(seen, peer_mss);
        let (mut generic, mut fuzzy) = (None, None);
        for (known, label) in candidates {
            let Some(near) = known.fits(seen, ttl, factor) else { continue };
            let slot = match (near, self.labels.get(usize::from(*label)).is_some_and(|label| label.generic)) {
                (false, false) => return Some(Fit { label: *label, fuzzy: false }),
                (false, true) => &mut generic,
                (true, _) => &mut fuzzy,
            };
            slot.get_or_insert(Fit { label: *label, fuzzy: near });
        }
        let is_tool = |fit: &Fit| self.labels.get(usize::from(fit.label)).is_some_and(|label| label.is_tool);
        generic.or_else(|| fuzzy.filter(|fit| !is_tool(fit)))
    }
}

impl Signature {
    /// Whether what was seen fits a known signature: `Some(true)` where only nearly.
    fn fits(&self, seen: &Self, ttl: u8, factor: Option<Window>) -> Option<bool> {
        let window = match self.window {
            Window::Any => true,
            Window::Of(of) => matches!(seen.window, Window::Plain(plain) if plain % of == 0),
            plain @ Window::Plain(_) => plain == seen.window,
            multiple => factor == Some(multiple),
        };
        let same = |known: Option<u16>, seen: Option<u16>| known.is_none() || known == seen;
        let fixed = (self.version == 0 || self.version == seen.version)
            && self.padding == seen.padding
            && self.ip_options == seen.ip_options
            && same(self.mss, seen.mss)
            && same(self.scale.map(u16::from), seen.scale.map(u16::from))
            && (self.payload.is_none() || self.payload == seen.payload)
            && window;
        if !fixed {
            return None;
        }
        let meant = match (self.version, seen.version) {
            (0, 4) => self.quirks & !IPV6_ONLY,
            (0, _) => self.quirks & !IPV4_ONLY,
            _ => self.quirks,
        };
        let (gone, come) = (meant & !seen.quirks, seen.quirks & !meant);
        if gone & !MAY_GO != 0 || come & !MAY_COME != 0 {
            return None;
        }
        if self.any_ttl {
            return (ttl <= self.ttl).then_some(gone | come != 0);
        }
        let far = self.ttl.checked_sub(ttl).is_none_or(|hops| hops > HOPS_MAX);
        Some(gone | come != 0 || far)
    }
}

/// Of what the window is a multiple, and how many times: the segment's or the packet's most bytes, by any of the ways in which
/// systems reckon them.
fn factor(seen: &Signature, peer_mss: u16) -> Option<Window> {
    let (Window::Plain(window), Some(mss)) = (seen.window, seen.mss) else { return None };
    if window == 0 || mss < 100 {
        return None;
    }
    let stamps = seen.layout.contains(&TS) && seen.quirks & quirk("ts1-") == 0;
    let is_v6 = seen.version == 6;
    let [v4, v6] = HEADERS;
    let header = u16::try_from(seen.header_bytes()).unwrap_or(u16::MAX);
    let segments = [
        (true, mss),
        (stamps, mss - TIMESTAMP),
        (true, ETHERNET - v4),
        (true, ETHERNET - v4 - TIMESTAMP),
        (is_v6, ETHERNET - v6),
        (is_v6, ETHERNET - v6 - TIMESTAMP),
    ];
    let packets = [(true, mss.saturating_add(v4)), (true, mss.saturating_add(header)), (is_v6, mss.saturating_add(v6)), (true, ETHERNET)];
    let peers = [(true, peer_mss), (peer_mss > TIMESTAMP, peer_mss.saturating_sub(TIMESTAMP))];
    let times = |list: &[(bool, u16)]| {
        let divides = |(applies, unit): &&(bool, u16)| *applies && *unit > 0 && window.is_multiple_of(*unit);
        list.iter().find(divides).map(|(_, unit)| window / unit)
    };
    times(&segments).map(Window::Mss).or_else(|| times(&packets).map(Window::Mtu)).or_else(|| times(&peers).map(Window::Mss))
}
