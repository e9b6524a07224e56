//! The numbers by which behaviour is judged, where a user chose others than the defaults.

use contract::{Chosen, UserRules};
use detectors::CATALOGUE;
use std::fmt;
use std::sync::Arc;

/// Settings of all detectors, and the rules that a user brings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    chosen: Vec<(&'static str, Chosen)>,
    /// Rules beside the detectors: Sigma's, alarms.
    pub rules: Vec<Arc<dyn UserRules>>,
}

/// What is wrong with a setting, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingError {
    /// It has not the form `detector.setting=number`.
    Form(String),
    /// There is no such detector.
    Detector(String),
    /// The detector has no such setting: its own are these.
    Name(String, Vec<&'static str>),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => write!(f, "{text}: write DETECTOR.SETTING=NUMBER, as in scan.hosts_min=50"),
            Self::Detector(name) => write!(f, "{name}: no detector is called so; `hyakuyo detectors` lists them"),
            Self::Name(name, known) if known.is_empty() => write!(f, "{name}: that detector has no settings"),
            Self::Name(name, known) => write!(f, "{name}: no such setting; there are {}", known.join(", ")),
        }
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    /// From texts of the form `detector.setting=number`; a later one wins.
    ///
    /// # Errors
    /// At the first that is not of this form, or names nothing.
    pub fn parse(texts: &[String]) -> Result<Self, SettingError> {
        let mut settings = Self::default();
        for text in texts {
            settings.add(text)?;
        }
        Ok(settings)
    }

    fn add(&mut self, text: &str) -> Result<(), SettingError> {
        let form = || SettingError::Form(text.to_owned());
        let (path, number) = text.split_once('=').ok_or_else(form)?;
        let (detector, name) = path.trim().split_once('.').ok_or_else(form)?;
        let value: f64 = number.trim().parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(form)?;
        let row = CATALOGUE.iter().find(|row| row.name() == detector).ok_or_else(|| SettingError::Detector(detector.to_owned()))?;
        let place = self.chosen.iter().position(|(known, _)| *known == row.name()).unwrap_or_else(|| {
            self.chosen.push((row.name(), Chosen::default()));
            self.chosen.len() - 1
        });
        self.chosen[place].1.set(row.settings(), name, value).map_err(|known| SettingError::Name(path.trim().to_owned(), known))
    }

    /// One detector's.
    pub(crate) fn of(&self, detector: &str) -> Chosen {
        self.chosen.iter().find(|(known, _)| *known == detector).map(|(_, chosen)| chosen.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_would_be_right() {
        let error = |text: &str| Settings::parse(&[text.to_owned()]).expect_err("an error").to_string();
        assert_eq!(error("scan"), "scan: write DETECTOR.SETTING=NUMBER, as in scan.hosts_min=50");
        assert_eq!(error("scan.hosts_min=many"), "scan.hosts_min=many: write DETECTOR.SETTING=NUMBER, as in scan.hosts_min=50");
        assert_eq!(error("sacn.hosts=1"), "sacn: no detector is called so; `hyakuyo detectors` lists them");
    }

    #[test]
    fn every_setting_of_every_detector_can_be_set() {
        for row in CATALOGUE {
            for setting in row.settings() {
                let settings = Settings::parse(&[format!("{}.{}=7.5", row.name(), setting.name)]).expect("a setting");
                assert_eq!(settings.of(row.name()).get(row.settings(), setting.name), 7.5);
            }
            assert!(Settings::parse(&[format!("{}.no_such=1", row.name())]).is_err());
        }
    }
}
