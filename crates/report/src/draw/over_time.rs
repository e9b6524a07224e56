//! Bytes over time: what the accused hosts sent and received, and everybody else.

use super::{Axis, Form, Held, Svg, width_of};
use crate::text::bytes;
use crate::view::View;
use crate::{Lang, Zone};

const HEIGHT: i32 = 120;
const TEXT: i32 = 11;

/// The drawing; `None` where no connection is known.
pub(crate) fn over_time(view: &View<'_>, form: Form, lang: Lang, zone: Zone) -> Option<String> {
    let bars = match form {
        Form::Wide => 88,
        Form::Narrow => 44,
    };
    let (width, bins) = view.gathered.traffic.bins(bars);
    let (from, to) = (bins.first()?.0, bins.last()?.0 + width);
    let most = bins.iter().map(|(_, bin)| bin.sum()).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let axis = Axis { from, to, left: 52, right: form.width() - 2 };
    let mut svg = Svg::new(form);
    let (top, base) = (24, 24 + HEIGHT);
    legend(&mut svg, view, lang);
    for part in [1.0, 0.5] {
        let y = base - (f64::from(HEIGHT) * part) as i32;
        svg.line((axis.left, y), (axis.right, y), "grid");
        svg.text((axis.left - 6, y + 4), "tick", Held::End, &bytes((most * part) as u64));
    }
    for (at, bin) in &bins {
        let (x, next) = (axis.at(*at), axis.at(at + width));
        let wide = (next - x - 1).max(1);
        let mut y = base;
        for (value, class) in [(bin.sent, "fill bad"), (bin.received, "fill mid"), (bin.others, "fill low")] {
            let high = (value / most * f64::from(HEIGHT)).round() as i32;
            // What is there is seen, however little it is.
            let high = if value > 0.0 { high.max(1) } else { 0 };
            if high > 0 && y - high >= top - 3 {
                y -= high;
                svg.rect((x, y), (wide, high), class);
            }
        }
    }
    svg.line((axis.left, base), (axis.right, base), "axis");
    for (at, text) in axis.ticks(if form == Form::Wide { 96 } else { 80 }, zone) {
        let x = axis.at(at);
        svg.line((x, base), (x, base + 4), "axis");
        if x + width_of(&text, TEXT) / 2 <= form.width() && x - width_of(&text, TEXT) / 2 >= 0 {
            svg.text((x, base + 17), "tick", Held::Middle, &text);
        }
    }
    Some(svg.finish(base + 24, lang.of("Bytes over time", "通信量の推移")))
}

fn legend(svg: &mut Svg, view: &View<'_>, lang: Lang) {
    let accused = !view.story.incidents.is_empty();
    let mut entries = Vec::new();
    if accused {
        entries.push(("fill bad", lang.of("sent by accused hosts", "対象ホストの送信")));
        entries.push(("fill mid", lang.of("received by them", "対象ホストの受信")));
        entries.push(("fill low", lang.of("others", "その他")));
    } else {
        entries.push(("fill low", lang.of("all hosts", "全ホスト")));
    }
    let mut x = 0;
    for (class, text) in entries {
        svg.rect((x, 3), (9, 9), class);
        svg.text((x + 14, 12), "tick", Held::Start, text);
        x += 14 + width_of(text, TEXT) + 16;
    }
}
