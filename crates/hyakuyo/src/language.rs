//! In which language people are spoken to: as they ask, else as their system is set.

use crate::args::Language;

/// The chosen language, else that of the environment.
pub(crate) fn chosen(asked: Option<Language>) -> Language {
    asked.unwrap_or_else(|| of_locale(|name| std::env::var(name).ok()))
}

/// The language of the locale (POSIX: the first of these variables that is not empty decides).
fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    match locale {
        Some(locale) if locale.starts_with("ja") => Language::Ja,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_by_the_first_variable_that_is_set() {
        let of =
            |set: &[(&str, &str)]| of_locale(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), Language::Ja);
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "ja")]), Language::Ja);
        assert_eq!(of(&[("LC_ALL", "C.UTF-8"), ("LANG", "ja_JP.UTF-8")]), Language::En);
    }
}
