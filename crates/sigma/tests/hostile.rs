//! Whatever stands in a file of rules or alarms: it is loaded or refused, and never more than that.

use proptest::prelude::*;
use sigma::alarm::Alarms;
use sigma::{RuleText, load};

const RULE: &str = "title: t\nid: i\nlogsource:\n  category: dns\ndetection:\n  a:\n    query|contains|all:\n      - 'x*y?'\n      - \"z\"\n    answer|re: '^a(b|c)+$'\n  b: [k, l]\n  condition: a and not 1 of b*\nlevel: high\n---\ntitle: c\ncorrelation:\n  type: value_count\n  rules: [i]\n  group-by: [src_ip]\n  timespan: 5m\n  condition: {gte: 3, field: query}\n";
const ALARM: &str = "[[alarm]]\nname = 'n'\nwhen = 'dns: (query ~ /a(?<b>.)/ or not answer in [10.0.0.0/8, x]) and AA'\ncount = 3\nwindow = '5m'\nby = ['b|c']\nunless = '/x/'\nmessage = 'a {b} {c'\n";

/// A text with some of its bytes changed, cut out or doubled.
fn bent(text: &'static str) -> impl Strategy<Value = String> {
    let change = (0..text.len(), any::<u8>(), 0..4_u8, 1..20_usize);
    prop::collection::vec(change, 1..8).prop_map(move |changes| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, how, length) in changes {
            let at = at.min(bytes.len());
            let end = (at + length).min(bytes.len());
            match how {
                0 => bytes.splice(at..end, [byte]).for_each(drop),
                1 => bytes.drain(at..end).for_each(drop),
                2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
                _ => bytes.splice(at..at, [byte % 96 + 32]).for_each(drop),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_of_any_text_never_panic(text in bent(RULE)) {
        let loaded = load(&[RuleText { name: "r".to_owned(), text }], &[]);
        prop_assert!(loaded.rules.len() <= 2);
    }

    #[test]
    fn any_bytes_are_no_rule(text in "\\PC{0,400}") {
        load(&[RuleText { name: "r".to_owned(), text: text.clone() }], &[]);
        drop(Alarms::parse("a", &text));
    }

    #[test]
    fn alarms_of_any_text_never_panic(text in bent(ALARM)) {
        if let Err(problems) = Alarms::parse("a", &text) {
            prop_assert!(!problems.is_empty());
            problems.iter().for_each(|problem| drop(problem.to_string()));
        }
    }
}

#[test]
fn bombs_are_refused() {
    let name = || "r".to_owned();
    let nested = format!("title: {}", "[".repeat(100_000));
    let aliases = format!(
        "a: &a [x]\nb: &b [{0}]\nc: &c [{1}]\nd: &d [{2}]\ne: [{3}]\ntitle: t\n",
        "*a,".repeat(200),
        "*b,".repeat(200),
        "*c,".repeat(200),
        "*d,".repeat(200)
    );
    let condition = format!(
        "title: t\nlogsource:\n  category: dns\ndetection:\n  a:\n    query: x\n  condition: {}a{}\n",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    let regex =
        "title: t\nlogsource:\n  category: dns\ndetection:\n  a:\n    query|re: '((a{1,500}){1,500}){1,500}'\n  condition: a\n".to_owned();
    for text in [nested, aliases, condition, regex, "x".repeat(3 << 20)] {
        let loaded = load(&[RuleText { name: name(), text }], &[]);
        assert_eq!(loaded.rules.len(), 0);
        assert!(!loaded.checked.is_empty());
    }
}
