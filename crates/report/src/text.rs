//! Text on its way into the page: everything from the traffic is escaped here, and nowhere else is `<` written around it.
//!
//! What a browser would not show, or would show in another order (controls, directions of writing, invisible characters),
//! becomes visible as `\u{…}`: a file's name that ends in `exe` must be seen to end so.

/// Text as HTML: safe between tags and between double quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            _ if is_unseen(symbol) => out.extend(symbol.escape_unicode()),
            _ => out.push(symbol),
        }
    }
    out
}

/// At most `most` characters, the middle left out where there are more: the ends of names and URLs tell most.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most || most < 5 {
        return text.to_owned();
    }
    let (head, tail) = ((most - 1).div_ceil(2), (most - 1) / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes in the unit that leaves it short.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 10_000 {
        return format!("{} B", grouped(number));
    }
    let (mut value, mut unit) = (number as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 10.0 { 1 } else { 0 };
    format!("{value:.decimals$} {}", UNITS.get(unit).unwrap_or(&""))
}

/// A measured value without needless digits.
pub(crate) fn measured(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let decimals = if value.fract().abs() < 0.000_5 || value.abs() >= 10_000.0 {
        0
    } else if value.abs() >= 100.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How wide a text stands, in thousandths of its size: near enough to place it in a drawing.
pub(crate) fn width_milli(text: &str) -> u32 {
    text.chars()
        .map(|symbol| {
            if is_wide(symbol) {
                1000
            } else if symbol.is_ascii_uppercase() || symbol == 'm' || symbol == 'w' {
                760
            } else {
                590
            }
        })
        .sum()
}

const fn is_wide(symbol: char) -> bool {
    matches!(symbol, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Controls, directions, invisible and format characters, private use and what stands for nothing.
const fn is_unseen(symbol: char) -> bool {
    matches!(symbol,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_browser_obeys_gets_through() {
        assert_eq!(escape("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        assert_eq!(escape("a\"b&c`d"), "a&quot;b&amp;c&#96;d");
        assert_eq!(escape("inv\u{202e}fdp.exe\u{7}"), "inv\\u{202e}fdp.exe\\u{7}");
        assert_eq!(escape("報告"), "報告");
    }

    #[test]
    fn the_middle_goes_first() {
        assert_eq!(shortened("abcdefghij", 7), "abc…hij");
        assert_eq!(shortened("abc", 7), "abc");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0, 9_999, 10_000, 1_234_567].map(bytes), ["0 B", "9,999 B", "10 kB", "1.2 MB"]);
        assert_eq!([60.0, 59.987, 0.5, 123_456.7].map(measured), ["60", "59.99", "0.5", "123457"]);
    }
}
