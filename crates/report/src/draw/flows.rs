//! The flow graph: from where it came, the accused hosts, whom they call, whom they attack, and who else was talked to.
//!
//! Wide: three columns with curves between them. Narrow: one column, read from top to bottom. Nodes are bounded; how many
//! were left out is said.

use super::{Form, Held, Svg, fitted};
use crate::Lang;
use crate::text::{bytes, grouped};
use crate::view::{Part, View};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes of one part: the sample that a person can take in.
const PART_NODES_MAX: usize = 4;
const BOX_HEIGHT: i32 = 46;
const GAP: i32 = 12;

struct Node {
    first: String,
    second: String,
    part: Part,
    /// Places of the accused hosts that it has to do with.
    with: BTreeSet<usize>,
}

/// The drawing; `None` where nobody is accused.
pub(crate) fn flows(view: &View<'_>, form: Form, lang: Lang) -> Option<String> {
    let hosts: Vec<&str> = view.told().map(|incident| incident.host.as_str()).collect();
    if hosts.is_empty() {
        return None;
    }
    let links = links(view, &hosts);
    let mut left = Vec::new();
    let mut right = Vec::new();
    for part in [Part::Source, Part::Supplier, Part::Attacker, Part::Home, Part::Victim, Part::Other] {
        let side = if matches!(part, Part::Source | Part::Supplier | Part::Attacker) { &mut left } else { &mut right };
        side.extend(nodes(view, &links, part, lang));
    }
    let middle: Vec<Node> = hosts
        .iter()
        .map(|host| {
            let (name, part) = (view.name(host), view.part(host));
            let (first, second) = if name.is_empty() { (*host, part_word(part, lang)) } else { (name, *host) };
            Node { first: first.to_owned(), second: second.to_owned(), part, with: BTreeSet::new() }
        })
        .collect();
    let label = lang.of("Who had to do with the accused hosts", "対象ホストと関係する通信相手");
    Some(match form {
        Form::Wide => wide(&left, &middle, &right, label),
        Form::Narrow => narrow(&left, &middle, &right, label),
    })
}

/// Who has to do with which accused host, by findings and by connections.
fn links(view: &View<'_>, hosts: &[&str]) -> BTreeMap<String, (BTreeSet<usize>, u64)> {
    let mut links: BTreeMap<String, (BTreeSet<usize>, u64)> = BTreeMap::new();
    for (place, incident) in view.told().enumerate() {
        let peers = view.findings_of(incident).flat_map(|finding| finding.peers.iter());
        for peer in peers.chain(incident.source.iter().map(|source| &source.address)) {
            links.entry(peer.clone()).or_default().0.insert(place);
        }
    }
    for ((host, peer), bytes) in &view.gathered.pairs {
        let Some(place) = hosts.iter().position(|known| known == host) else { continue };
        let link = links.entry(peer.clone()).or_default();
        link.0.insert(place);
        link.1 = link.1.saturating_add(*bytes);
    }
    links.retain(|peer, _| !peer.is_empty() && !hosts.contains(&peer.as_str()));
    links
}

/// The nodes of one part, those with most bytes, and one for all that were left out.
fn nodes(view: &View<'_>, links: &BTreeMap<String, (BTreeSet<usize>, u64)>, part: Part, lang: Lang) -> Vec<Node> {
    let mut all: Vec<_> = links.iter().filter(|(peer, _)| view.part(peer) == part).collect();
    all.sort_by(|a, b| b.1.1.cmp(&a.1.1).then(a.0.cmp(b.0)));
    let most = match part {
        Part::Victim | Part::Other => PART_NODES_MAX - 2,
        _ => PART_NODES_MAX,
    };
    // One that would be left out alone takes no more room than the words that say so.
    let shown = if all.len() == most + 1 { all.len() } else { most };
    let hidden = all.len().saturating_sub(shown);
    let mut nodes: Vec<Node> = all
        .iter()
        .take(shown)
        .map(|(peer, (with, sum))| {
            let name = view.name(peer);
            let what = what(view, peer, part, *sum, lang);
            let second = if name.is_empty() { what } else { format!("{peer} · {what}") };
            Node { first: if name.is_empty() { (*peer).clone() } else { name.to_owned() }, second, part, with: with.clone() }
        })
        .collect();
    if hidden > 0 {
        let rest = all.iter().skip(shown);
        let (with, sum) = rest.fold((BTreeSet::new(), 0_u64), |(mut with, sum), (_, (places, bytes))| {
            with.extend(places.iter().copied());
            (with, sum.saturating_add(*bytes))
        });
        let count = grouped(u64::try_from(hidden).unwrap_or(u64::MAX));
        let first = match lang {
            Lang::En => format!("{count} more"),
            Lang::Ja => format!("ほか {count} 台"),
        };
        nodes.push(Node { first, second: format!("{} · {}", part_word(part, lang), bytes(sum)), part, with });
    }
    nodes
}

fn what(view: &View<'_>, peer: &str, part: Part, sum: u64, lang: Lang) -> String {
    let times: u64 = view
        .accusing()
        .filter(|finding| finding.stage == "called_home" && finding.peers.iter().any(|known| known == peer))
        .map(|finding| finding.count)
        .max()
        .unwrap_or(0);
    match part {
        Part::Home if times > 1 => format!("{} ×{}", part_word(part, lang), grouped(times)),
        _ if sum > 0 => format!("{} · {}", part_word(part, lang), bytes(sum)),
        _ => part_word(part, lang).to_owned(),
    }
}

/// The word for a part.
pub(crate) fn part_word(part: Part, lang: Lang) -> &'static str {
    match part {
        Part::Accused => lang.of("accused", "対象ホスト"),
        Part::Hit => lang.of("attacked", "攻撃を受けた"),
        Part::Source => lang.of("source", "感染元"),
        Part::Supplier => lang.of("fetched from", "取得元"),
        Part::Attacker => lang.of("attacker", "攻撃元"),
        Part::Home => lang.of("called", "指令サーバー"),
        Part::Victim => lang.of("attacked", "攻撃先"),
        Part::Other => lang.of("other", "その他"),
    }
}

const fn class_of(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Accused | Part::Hit => ("box self", "edge"),
        Part::Source | Part::Attacker | Part::Home => ("box bad", "edge bad"),
        Part::Supplier | Part::Victim => ("box warn", "edge warn"),
        Part::Other => ("box", "edge"),
    }
}

/// Whether what it does goes to the accused host, rather than from it.
const fn comes(part: Part) -> bool {
    matches!(part, Part::Source | Part::Supplier | Part::Attacker)
}

fn put(svg: &mut Svg, node: &Node, (x, y): (i32, i32), width: i32) {
    let own = matches!(node.part, Part::Accused | Part::Hit);
    svg.round((x, y), (width, BOX_HEIGHT), 5, class_of(node.part).0);
    let (first, second) = if own { ("name inverse", "under inverse") } else { ("name", "under") };
    svg.text((x + 11, y + 20), first, Held::Start, &fitted(&node.first, 14, width - 22));
    svg.text((x + 11, y + 36), second, Held::Start, &fitted(&node.second, 11, width - 18));
}

fn column(nodes: usize, height: i32) -> impl Fn(usize) -> i32 {
    let nodes = i32::try_from(nodes).unwrap_or(0);
    let top = (height - nodes * (BOX_HEIGHT + GAP) + GAP) / 2;
    move |at| top + i32::try_from(at).unwrap_or(0) * (BOX_HEIGHT + GAP)
}

fn wide(left: &[Node], middle: &[Node], right: &[Node], label: &str) -> String {
    const SIDE: i32 = 226;
    const CENTRE: i32 = 176;
    let form = Form::Wide;
    let most = left.len().max(middle.len()).max(right.len());
    let height = i32::try_from(most).unwrap_or(0) * (BOX_HEIGHT + GAP) - GAP + 4;
    let (left_y, middle_y, right_y) = (column(left.len(), height), column(middle.len(), height), column(right.len(), height));
    let (centre, far) = ((form.width() - CENTRE) / 2, form.width() - SIDE - 1);
    let mut svg = Svg::new(form);
    for (at, node) in left.iter().enumerate() {
        for place in &node.with {
            curve(&mut svg, (1 + SIDE, left_y(at) + BOX_HEIGHT / 2), (centre, middle_y(*place) + BOX_HEIGHT / 2), node.part);
        }
    }
    for (at, node) in right.iter().enumerate() {
        for place in &node.with {
            curve(&mut svg, (centre + CENTRE, middle_y(*place) + BOX_HEIGHT / 2), (far, right_y(at) + BOX_HEIGHT / 2), node.part);
        }
    }
    left.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (1, left_y(at)), SIDE));
    middle.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (centre, middle_y(at)), CENTRE));
    right.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (far, right_y(at)), SIDE));
    svg.finish(height, label)
}

/// An arrow from left to right.
fn curve(svg: &mut Svg, (x1, y1): (i32, i32), (x2, y2): (i32, i32), part: Part) {
    let class = class_of(part).1;
    let bend = (x1 + x2) / 2;
    let end = if part == Part::Other { x2 } else { x2 - 6 };
    svg.path(&format!("M{x1} {y1}C{bend} {y1} {bend} {y2} {end} {y2}"), class);
    if part != Part::Other {
        svg.path(&format!("M{x2} {y2}l-8 -4v8z"), &format!("{class} tip"));
    }
}

fn narrow(left: &[Node], middle: &[Node], right: &[Node], label: &str) -> String {
    const INDENT: i32 = 26;
    let form = Form::Narrow;
    let mut svg = Svg::new(form);
    let step = BOX_HEIGHT + GAP;
    let rows = |nodes: &[Node]| i32::try_from(nodes.len()).unwrap_or(0);
    let own = rows(left) * step;
    let below = own + rows(middle) * step;
    let height = below + rows(right) * step - GAP + 4;
    for (nodes, top) in [(left, 0), (right, below)] {
        // The worst last, so that their lines lie above the others'.
        for (at, node) in nodes.iter().enumerate().rev() {
            let y = top + i32::try_from(at).unwrap_or(0) * step + BOX_HEIGHT / 2;
            let class = class_of(node.part).1;
            let (from, to) = if comes(node.part) { (y, own) } else { (below - GAP, y) };
            svg.path(&format!("M{INDENT} {y}H12"), class);
            svg.path(&format!("M12 {from}V{to}"), class);
            if comes(node.part) {
                svg.path(&format!("M12 {own}l-4 -8h8z"), &format!("{class} tip"));
            } else if node.part != Part::Other {
                svg.path(&format!("M{INDENT} {y}l-8 -4v8z"), &format!("{class} tip"));
            }
        }
    }
    let place = |at: usize, top: i32| top + i32::try_from(at).unwrap_or(0) * step;
    left.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (INDENT, place(at, 0)), form.width() - INDENT - 1));
    middle.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (1, place(at, own)), form.width() - 2));
    right.iter().enumerate().for_each(|(at, node)| put(&mut svg, node, (INDENT, place(at, below)), form.width() - INDENT - 1));
    svg.finish(height, label)
}
