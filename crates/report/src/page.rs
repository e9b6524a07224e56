//! The whole page, from its head to its foot.

use crate::draw;
use crate::gather::Gathered;
use crate::hero::{hero, verdict};
use crate::lists::{happened, open_points};
use crate::made::{Proof, made};
use crate::tables;
use crate::text::escape;
use crate::view::View;
use crate::{Lang, Zone};
use story::Story;

const STYLE: &str = include_str!("style.css");

/// Nothing may be fetched or run by this page, whatever the traffic wrote into it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Everything that the page is made of.
#[derive(Debug)]
pub struct Page<'a> {
    /// The story.
    pub story: &'a Story,
    /// What was read from the logs beside it.
    pub gathered: &'a Gathered,
    /// The language.
    pub lang: Lang,
    /// The zone of all times.
    pub zone: Zone,
    /// The program that makes the page, with its version.
    pub program: &'a str,
    /// The command that was given.
    pub command: &'a str,
    /// When it is made, in microseconds since the epoch.
    pub made_at: Option<i64>,
    /// The files that the story was read from.
    pub inputs: Vec<Proof>,
}

impl Page<'_> {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let (lang, zone) = (self.lang, self.zone);
        let view = View::new(self.story, self.gathered);
        let mut out = self.head(&verdict(&view, lang));
        out.push_str(&self.brand(&view));
        out.push_str(&hero(&view, lang, zone));
        out.push_str(&happened(&view, lang, zone));
        let drawings = [
            (lang.of("Stages", "段階"), "stages", draw::both(|form| draw::stages(&view, form, lang, zone))),
            (lang.of("Who talked to whom", "通信の相手"), "flows", draw::both(|form| draw::flows(&view, form, lang))),
            (lang.of("Traffic over time", "通信量の推移"), "traffic", draw::both(|form| draw::over_time(&view, form, lang, zone))),
        ];
        for (heading, class, drawing) in drawings {
            if let Some(drawing) = drawing {
                out.push_str(&format!("<section class=\"figure {class}\"><h2>{heading}</h2>{drawing}</section>"));
            }
        }
        out.push_str(&tables::indicators(&view, lang));
        out.push_str(&open_points(&view, lang));
        out.push_str(&tables::findings(&view, lang, zone));
        out.push_str(&tables::requests(&view, lang, zone));
        out.push_str(&tables::files(&view, lang, zone));
        out.push_str(&tables::hosts(&view, lang, zone));
        out.push_str(&tables::roles(&view, lang));
        out.push_str(&made(self, &view));
        out.push_str("</main></body></html>\n");
        out
    }

    fn head(&self, title: &str) -> String {
        format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no\">\
             <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">\
             <meta name=\"generator\" content=\"{}\"><link rel=\"icon\" href=\"data:,\">\
             <title>{}</title><style>{STYLE}</style></head><body><main>",
            self.lang.tag(),
            escape(self.program),
            escape(title)
        )
    }

    /// The line above the verdict: what this is, and which time it is about.
    fn brand(&self, view: &View<'_>) -> String {
        let span = view.span().map_or_else(String::new, |(first, last)| {
            let (from, to) = (self.zone.date(first), self.zone.date(last));
            let days = if from == to { from } else { format!("{from} – {to}") };
            format!("{days} · {} {}", self.lang.of("times in", "時刻は"), self.zone.name())
        });
        // The louvred box, drawn small.
        let mark = "<svg class=\"mark\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path d=\"M2 6l8-4 8 4M4 6v10h12V6M6 8.5h8M6 11h8M6 13.5h8M6 16v3M14 16v3\"/></svg>";
        format!(
            "<header>{mark}<b>Hyakuyo</b><span>{}</span><span class=\"span\">{}</span></header>",
            self.lang.of("Incident report", "インシデント報告書"),
            escape(&span)
        )
    }
}
