//! What a file of roles says, and what is said of a malformed one.

use super::*;
use model::Civil;
use std::net::IpAddr;

fn ip(text: &str) -> Addr {
    text.parse::<IpAddr>().expect("an address").into()
}

fn day(year: i64, month: u8, day: u8) -> Timestamp {
    Civil::midnight(year, month, day).expect("a day")
}

#[test]
fn statements_hold_until_their_last_day_is_over() {
    let roles = Roles::parse(
        "roles.toml",
        r#"
[[role]]
role = "mail_servers"
hosts = ["10.0.0.25", "10.0.3.0/24", "2001:db8::/32"]
reason = "the gateway"
owner = "mail team"
expires = "2020-06-30"

[[role]]
role = "mail_servers"
hosts = ["10.0.3.9"]
reason = "stays"
expires = 2030-01-01

[[role]]
role = "monitors"
hosts = []
reason = "there is none"
"#,
    )
    .expect("a good file");
    let held = |host: &str, at: Timestamp| match roles.held(ip(host), Role::MailServers, at) {
        Some(Held::Given { reason, .. }) => reason.to_owned(),
        _ => String::new(),
    };
    assert_eq!(held("10.0.0.25", day(2020, 6, 30)), "the gateway");
    assert_eq!(held("10.0.0.25", day(2020, 7, 1)), "");
    assert_eq!(held("2001:db8::7", day(2020, 1, 1)), "the gateway");
    assert_eq!(held("10.0.3.9", day(2020, 7, 1)), "stays");
    assert_eq!(held("10.0.4.1", day(2020, 1, 1)), "");
    assert!(roles.is_given(Role::MailServers, day(2029, 1, 1)) && !roles.is_given(Role::MailServers, day(2031, 1, 1)));
    assert!(roles.is_stated(Role::Monitors, day(2020, 1, 1)) && !roles.is_given(Role::Monitors, day(2020, 1, 1)));
    assert_eq!(roles.held(ip("10.0.0.25"), Role::Proxies, day(2020, 1, 1)), None);
}

/// Everything that is wrong with a text, as a user sees it.
fn check(text: &str, expected: &str) {
    let problems = Roles::parse("roles.toml", text).expect_err("a bad file");
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(format!("\n{}\n", shown.join("\n")), expected);
}

#[test]
fn an_unknown_role_is_told_with_the_nearest_known_one() {
    check(
        "[[role]]\nrole = \"mailserver\"\nhosts = [\"10.0.0.1\"]\nreason = \"x\"\n",
        r#"
roles.toml:2:8: no role is called "mailserver"
  |
2 | role = "mailserver"
  |        ^^^^^^^^^^^^ did you mean "mail_servers"?
"#,
    );
}

#[test]
fn a_role_like_no_other_is_told_with_all() {
    check(
        "[[role]]\nrole = \"printers\"\nhosts = []\nreason = \"x\"\n",
        r#"
roles.toml:2:8: no role is called "printers"
  |
2 | role = "printers"
  |        ^^^^^^^^^^ there are mail_servers, list_mailers, resolvers, secondaries, proxies, crawlers, monitors, scanners_authorised, nat_known, vpn_pools, darknet, local_nets
"#,
    );
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    check(
        "# who is who\n\n[[role]]\nowner = \"me\"\n",
        r#"
roles.toml:3:1: which role?
  |
3 | [[role]]
  | ^^^^^^^^ add role = "…": one of mail_servers, list_mailers, resolvers, secondaries, proxies, crawlers, monitors, scanners_authorised, nat_known, vpn_pools, darknet, local_nets
roles.toml:3:1: a role of nobody
  |
3 | [[role]]
  | ^^^^^^^^ add hosts = ["10.0.0.25", "10.0.3.0/24"], or hosts = [] if nobody has it
roles.toml:3:1: a role without a reason
  |
3 | [[role]]
  | ^^^^^^^^ add reason = "…": whoever reads it later wants to know why
"#,
    );
}

#[test]
fn an_empty_reason_is_none() {
    check(
        "[[role]]\nrole = \"proxies\"\nhosts = []\nreason = \" \"\n",
        r#"
roles.toml:4:10: a role without a reason
  |
4 | reason = " "
  |          ^^^ add reason = "…": whoever reads it later wants to know why
"#,
    );
}

#[test]
fn hosts_that_are_no_addresses_are_told() {
    check(
        "[[role]]\nrole = \"proxies\"\nreason = \"x\"\nhosts = [\n  \"10.0.3.7/24\",\n  \"proxy.example\",\n  \"10.0.0.0/64\",\n  7,\n]\n",
        r#"
roles.toml:5:3: bits behind the prefix are set
  |
5 |   "10.0.3.7/24",
  |   ^^^^^^^^^^^^^ did you mean "10.0.3.0/24"?
roles.toml:6:3: this is neither an address nor a network
  |
6 |   "proxy.example",
  |   ^^^^^^^^^^^^^^^ write 10.0.0.25, 10.0.3.0/24 or 2001:db8::/32
roles.toml:7:3: a longer prefix than the address
  |
7 |   "10.0.0.0/64",
  |   ^^^^^^^^^^^^^ it has 32 bits
roles.toml:8:3: a host is text
  |
8 |   7,
  |   ^ write it in quotation marks
"#,
    );
}

#[test]
fn hosts_are_a_list() {
    check(
        "[[role]]\nrole = \"proxies\"\nreason = \"x\"\nhosts = \"10.0.0.1\"\n",
        r#"
roles.toml:4:9: hosts is a list
  |
4 | hosts = "10.0.0.1"
  |         ^^^^^^^^^^ write hosts = ["10.0.0.25", "10.0.3.0/24"]
"#,
    );
}

#[test]
fn days_that_the_calendar_lacks_are_told() {
    check(
        "[[role]]\nrole = \"proxies\"\nreason = \"x\"\nhosts = []\nexpires = \"2023-02-30\"\n",
        r#"
roles.toml:5:11: this is no day
  |
5 | expires = "2023-02-30"
  |           ^^^^^^^^^^^^ write its last day as "2030-12-31"
"#,
    );
}

#[test]
fn words_that_a_role_does_not_have_are_told() {
    check(
        "[[role]]\nrole = \"proxies\"\nreason = 5\nhost = []\nhosts = []\n\n[roles]\n",
        r#"
roles.toml:4:1: a role has no "host"
  |
4 | host = []
  | ^^^^ did you mean hosts?
roles.toml:3:10: reason is integer, not text
  |
3 | reason = 5
  |          ^ write reason = "…"
roles.toml:7:2: nothing is called "roles" here
  |
7 | [roles]
  |  ^^^^^ each statement begins with [[role]]
"#,
    );
}

#[test]
fn a_single_table_is_told() {
    check(
        "[role]\nrole = \"proxies\"\n",
        r#"
roles.toml:1:2: one table for all roles
  |
1 | [role]
  |  ^^^^ begin each with a line [[role]], in double brackets
"#,
    );
}

#[test]
fn what_is_no_toml_is_told_where_it_breaks() {
    check(
        "[[role]]\nrole = mail_servers\n",
        r#"
roles.toml:2:8: this is no TOML: string values must be quoted, expected literal string
  |
2 | role = mail_servers
  |        ^^^^^^^^^^^^ mend the line; strings stand in quotation marks
"#,
    );
}

#[test]
fn a_flood_of_hosts_is_refused() {
    let hosts: Vec<String> = (0..=HOSTS_MAX as u32).map(|number| format!("\"{}\"", std::net::Ipv4Addr::from(number))).collect();
    let text = format!("[[role]]\nrole = \"proxies\"\nreason = \"x\"\nhosts = [{}]\n", hosts.join(","));
    assert_eq!(Roles::parse("roles.toml", &text).expect_err("too many").len(), 1);
}
