//! The time line: a lane for each stage of the intrusion, a bar for each finding from its first to its last time.

use super::{Axis, Form, Held, Svg, fitted, width_of};
use crate::text::grouped;
use crate::view::{STAGES, View, rank};
use crate::when::micros_of;
use crate::{Lang, Zone};
use story::FindingRow;

/// Bars in a lane and in all: the worst ones; more could not be told apart.
const LANE_BARS_MAX: usize = 5;
/// As many as leave the drawing smaller than a third of a page.
const BARS_MAX: usize = 14;
const TEXT: i32 = 11;
const ROW: i32 = 27;
const LANE_GAP: i32 = 8;

/// The drawing; `None` where there is nothing to draw.
pub(crate) fn stages(view: &View<'_>, form: Form, lang: Lang, zone: Zone) -> Option<String> {
    let lanes = lanes(view);
    let all = || lanes.iter().flat_map(|(_, _, bars)| bars.iter());
    let from = all().filter_map(|finding| micros_of(&finding.first)).min()?;
    let to = all().filter_map(|finding| micros_of(&finding.last)).max()?.max(from + 1_000_000);
    let wide = form == Form::Wide;
    let axis = Axis { from, to, left: if wide { 150 } else { 6 }, right: form.width() - 8 };
    let hosts = view.story.incidents.len() > 1;

    let head = if wide { 0 } else { 18 };
    let height = lanes.iter().fold(6, |height, (_, _, bars)| height + head + ROW * i32::try_from(bars.len()).unwrap_or(0) + LANE_GAP);
    let mut svg = Svg::new(form);
    for (at, text) in axis.ticks(if wide { 96 } else { 80 }, zone) {
        let x = axis.at(at);
        if x - width_of(&text, TEXT) / 2 >= axis.left - 4 && x + width_of(&text, TEXT) / 2 <= form.width() {
            svg.line((x, 0), (x, height), "grid");
            svg.text((x, height + 15), "tick", Held::Middle, &text);
        }
    }
    let mut y = 6;
    for (at, (stage, hidden, bars)) in lanes.iter().enumerate() {
        if at > 0 {
            svg.line((0, y - LANE_GAP / 2 - 1), (form.width(), y - LANE_GAP / 2 - 1), "rule");
        }
        let more = if *hidden > 0 { format!(" +{hidden}") } else { String::new() };
        svg.text((0, y + 14), "lane", Held::Start, &format!("{}{more}", lang.stage(stage)));
        y += head;
        for finding in bars {
            bar(&mut svg, finding, &axis, y, &label(finding, lang, hosts));
            y += ROW;
        }
        y += LANE_GAP;
    }
    Some(svg.finish(height + 22, lang.of("What happened at which stage, over time", "段階ごとの時系列")))
}

/// Lanes with their stage, how many findings find no room in them, and the bars in the order of time.
fn lanes<'a>(view: &View<'a>) -> Vec<(&'static str, usize, Vec<&'a FindingRow>)> {
    let taken = STAGES.iter().filter(|stage| view.accusing().any(|finding| finding.stage == **stage)).count();
    let room = LANE_BARS_MAX.min(BARS_MAX / taken.max(1));
    let mut lanes = Vec::new();
    for stage in STAGES {
        let mut bars: Vec<_> = view.accusing().filter(|finding| finding.stage == *stage).collect();
        bars.sort_by_key(|finding| (rank(&finding.severity), std::cmp::Reverse(finding.confidence), finding.first.clone()));
        let all = bars.len();
        bars.truncate(room);
        bars.sort_by(|a, b| a.first.cmp(&b.first).then(a.id.cmp(&b.id)));
        if !bars.is_empty() {
            lanes.push((*stage, all - bars.len(), bars));
        }
    }
    lanes
}

fn label(finding: &FindingRow, lang: Lang, hosts: bool) -> String {
    let mut label = if hosts { format!("{}  ", finding.host) } else { String::new() };
    label.push_str(lang.text(&finding.title));
    if !finding.subject.is_empty() {
        label.push_str(&format!("  {}", finding.subject));
    }
    if finding.count > 1 {
        label.push_str(&format!("  ×{}", grouped(finding.count)));
    }
    label
}

fn bar(svg: &mut Svg, finding: &FindingRow, axis: &Axis, y: i32, label: &str) {
    let (Some(first), Some(last)) = (micros_of(&finding.first), micros_of(&finding.last)) else { return };
    let (start, end) = (axis.at(first), axis.at(last));
    let class = match finding.severity.as_str() {
        "critical" | "high" => "bar bad",
        "medium" => "bar mid",
        _ => "bar low",
    };
    let width = (end - start).max(6);
    let start = start.min(axis.right - width);
    let label = fitted(label, TEXT, axis.right - axis.left);
    let x = start.min(axis.right - width_of(&label, TEXT)).max(axis.left);
    svg.text((x, y + 11), "note", Held::Start, &label);
    svg.round((start, y + 15), (width, 6), 3, class);
}
