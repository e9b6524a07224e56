//! Drawings: SVG that takes its colours from the page's style, made in a wide and a narrow form so that its writing stays as
//! large as the text beside it.

mod flows;
mod over_time;
mod stages;

pub(crate) use flows::{flows, part_word};
pub(crate) use over_time::over_time;
pub(crate) use stages::stages;

use crate::text::{escape, shortened, width_milli};
use std::fmt::Write as _;

/// How wide a drawing is, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page or a screen.
    Wide,
    /// A phone.
    Narrow,
}

impl Form {
    /// Its width.
    pub(crate) const fn width(self) -> i32 {
        match self {
            Self::Wide => 760,
            Self::Narrow => 358,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// Both forms of a drawing, of which the page's style shows one.
pub(crate) fn both(drawn: impl Fn(Form) -> Option<String>) -> Option<String> {
    Some(drawn(Form::Wide)? + &drawn(Form::Narrow)?)
}

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
pub(crate) struct Svg {
    form: Form,
    body: String,
}

impl Svg {
    pub(crate) fn new(form: Form) -> Self {
        Self { form, body: String::new() }
    }

    /// A text; everything in it is escaped.
    pub(crate) fn text(&mut self, (x, y): (i32, i32), class: &str, held: Held, text: &str) {
        let anchor = match held {
            Held::Start => "",
            Held::Middle => " text-anchor=\"middle\"",
            Held::End => " text-anchor=\"end\"",
        };
        let _ = write!(self.body, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>{}</text>", escape(text));
    }

    pub(crate) fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), class: &str) {
        let _ = write!(self.body, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\"/>");
    }

    pub(crate) fn round(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), radius: i32, class: &str) {
        let _ = write!(self.body, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" class=\"{class}\"/>");
    }

    pub(crate) fn line(&mut self, (x1, y1): (i32, i32), (x2, y2): (i32, i32), class: &str) {
        let _ = write!(self.body, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\"/>");
    }

    pub(crate) fn path(&mut self, steps: &str, class: &str) {
        let _ = write!(self.body, "<path d=\"{steps}\" class=\"{class}\"/>");
    }

    /// Ready for the page.
    pub(crate) fn finish(self, height: i32, label: &str) -> String {
        let (width, class) = (self.form.width(), self.form.class());
        let label = escape(label);
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"xMinYMin\" role=\"img\" aria-label=\"{label}\">{}</svg>",
            self.body
        )
    }
}

/// How wide a text of a size stands, in pixels.
pub(crate) fn width_of(text: &str, size: i32) -> i32 {
    i32::try_from(u64::from(width_milli(text)) * u64::try_from(size).unwrap_or(0) / 1000).unwrap_or(i32::MAX)
}

/// The text with its middle left out, so that it fits into a width.
pub(crate) fn fitted(text: &str, size: i32, width: i32) -> String {
    let mut most = text.chars().count();
    let mut shown = text.to_owned();
    while width_of(&shown, size) > width && most > 5 {
        most -= 1;
        shown = shortened(text, most);
    }
    shown
}

/// A stretch of time laid over a stretch of the drawing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) left: i32,
    pub(crate) right: i32,
}

impl Axis {
    /// Where a time lies.
    pub(crate) fn at(&self, micros: i64) -> i32 {
        let share = (micros.saturating_sub(self.from)) as f64 / (self.to.saturating_sub(self.from)).max(1) as f64;
        self.left + (share.clamp(0.0, 1.0) * f64::from(self.right - self.left)).round() as i32
    }

    /// Round times that lie about `apart` pixels from each other, with how they are written.
    pub(crate) fn ticks(&self, apart: i32, zone: crate::Zone) -> Vec<(i64, String)> {
        const STEPS_SECS: &[i64] = &[
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
            31_536_000,
        ];
        let most = i64::from(((self.right - self.left) / apart.max(1)).max(1));
        let span = self.to.saturating_sub(self.from).max(1);
        let Some(step) = STEPS_SECS.iter().map(|secs| secs * 1_000_000).find(|step| span / step <= most) else { return Vec::new() };
        let mut ticks = Vec::new();
        let mut at = (self.from.div_euclid(step) + 1).saturating_mul(step);
        if self.from.rem_euclid(step) == 0 {
            at = self.from;
        }
        while at <= self.to {
            let clock = zone.clock(at);
            let text = if step >= 86_400_000_000 {
                zone.date(at)
            } else if step >= 60_000_000 {
                clock.get(..5).unwrap_or(&clock).to_owned()
            } else {
                clock
            };
            ticks.push((at, text));
            at = at.saturating_add(step);
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let axis = Axis { from: 1_602_536_538_000_000, to: 1_602_538_538_000_000, left: 0, right: 700 };
        let ticks: Vec<_> = axis.ticks(90, crate::Zone::default()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(ticks, ["21:05", "21:10", "21:15", "21:20", "21:25", "21:30", "21:35"]);
        assert!(Axis { from: 5, to: 5, left: 0, right: 10 }.ticks(90, crate::Zone::default()).len() <= 1);
        assert_eq!(axis.at(i64::MIN), 0);
        assert_eq!(axis.at(i64::MAX), 700);
    }

    #[test]
    fn writing_fits() {
        assert_eq!(fitted("short", 11, 200), "short");
        assert!(width_of(&fitted(&"long".repeat(50), 11, 100), 11) <= 100);
    }
}
