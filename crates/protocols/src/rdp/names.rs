//! Words for the numbers of RDP, in Zeek's spelling: builds, protections, colors, keyboards.
//!
//! Source: MS-RDPBCGR; Microsoft's language identifiers. Of the keyboards only those that ship as a language's standard.

use model::Value;

fn named(table: &[(u32, &'static str)], number: u32, otherwise: &str) -> Value {
    let found = table.iter().find(|(key, _)| *key == number);
    found.map_or_else(|| Value::from(format!("{otherwise}-{number}")), |&(_, name)| Value::Static(name))
}

/// The client's build. Zeek's table writes that of RDP 4.0 as 0419, which is no octal there.
pub(super) fn build(number: u32) -> Value {
    const BUILDS: [(u32, &str); 14] = [
        (419, "RDP 4.0"),
        (2195, "RDP 5.0"),
        (2221, "RDP 5.0"),
        (2600, "RDP 5.1"),
        (3790, "RDP 5.2"),
        (6000, "RDP 6.0"),
        (6001, "RDP 6.1"),
        (6002, "RDP 6.2"),
        (7600, "RDP 7.0"),
        (7601, "RDP 7.1"),
        (9200, "RDP 8.0"),
        (9600, "RDP 8.1"),
        (25189, "RDP 8.0 (Mac)"),
        (25282, "RDP 8.0 (Mac)"),
    ];
    named(&BUILDS, number, "client_build")
}

/// How the connection is protected.
pub(super) fn security_protocol(number: u32) -> Value {
    named(&[(0, "RDP"), (1, "SSL"), (2, "HYBRID"), (8, "HYBRID_EX")], number, "security_protocol")
}

/// Why it could not be agreed on.
pub(super) fn failure(number: u32) -> Value {
    const FAILURES: [(u32, &str); 6] = [
        (1, "SSL_REQUIRED_BY_SERVER"),
        (2, "SSL_NOT_ALLOWED_BY_SERVER"),
        (3, "SSL_CERT_NOT_ON_SERVER"),
        (4, "INCONSISTENT_FLAGS"),
        (5, "HYBRID_REQUIRED_BY_SERVER"),
        (6, "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"),
    ];
    named(&FAILURES, number, "failure_code")
}

/// How the conference was set up.
pub(super) fn result(number: u32) -> Value {
    const RESULTS: [(u32, &str); 5] = [
        (0, "Success"),
        (1, "User rejected"),
        (2, "Resources not available"),
        (3, "Rejected for symmetry breaking"),
        (4, "Locked conference"),
    ];
    named(&RESULTS, number, "result")
}

/// The kind of certificate.
pub(super) fn certificate(number: u32) -> Value {
    named(&[(1, "RSA"), (2, "X.509")], number, "cert_type")
}

/// How RDP's own encryption works.
pub(super) fn encryption_method(number: u32) -> Value {
    named(&[(0, "None"), (1, "40bit"), (2, "128bit"), (8, "56bit"), (10, "FIPS")], number, "encryption_method")
}

/// How much RDP's own encryption covers.
pub(super) fn encryption_level(number: u32) -> Value {
    named(&[(0, "None"), (1, "Low"), (2, "Client compatible"), (3, "High"), (4, "FIPS")], number, "encryption_level")
}

/// The colors asked for.
pub(super) fn color_depth(number: u32) -> Value {
    named(&[(4, "4bit"), (8, "8bit"), (15, "15bit"), (16, "16bit"), (24, "24bit")], number, "high_color_depth")
}

/// The client's keyboard.
pub(super) fn keyboard(number: u32) -> Value {
    let find = |number: u32| LANGUAGES.iter().find(|(key, _)| u32::from(*key) == number).map(|&(_, name)| name);
    if let Some(name) = find(number) {
        return Value::Static(name);
    }
    match find(number & 0xffff) {
        Some(name) => Value::from(format!("{name} (Best Guess for {number})")),
        None => Value::from(format!("keyboard-{number}")),
    }
}

static LANGUAGES: &[(u16, &str)] = &[
    (1025, "Arabic - Saudi Arabia"),
    (1026, "Bulgarian"),
    (1027, "Catalan"),
    (1028, "Chinese - Taiwan"),
    (1029, "Czech"),
    (1030, "Danish"),
    (1031, "German - Germany"),
    (1032, "Greek"),
    (1033, "English - United States"),
    (1034, "Spanish - Spain (Traditional Sort)"),
    (1035, "Finnish"),
    (1036, "French - France"),
    (1037, "Hebrew"),
    (1038, "Hungarian"),
    (1039, "Icelandic"),
    (1040, "Italian - Italy"),
    (1041, "Japanese"),
    (1042, "Korean"),
    (1043, "Dutch - Netherlands"),
    (1044, "Norwegian (Bokmal)"),
    (1045, "Polish"),
    (1046, "Portuguese - Brazil"),
    (1047, "Rhaeto-Romanic"),
    (1048, "Romanian"),
    (1049, "Russian"),
    (1050, "Croatian"),
    (1051, "Slovak"),
    (1052, "Albanian - Albania"),
    (1053, "Swedish"),
    (1054, "Thai"),
    (1055, "Turkish"),
    (1056, "Urdu"),
    (1057, "Indonesian"),
    (1058, "Ukrainian"),
    (1059, "Belarusian"),
    (1060, "Slovenian"),
    (1061, "Estonian"),
    (1062, "Latvian"),
    (1063, "Lithuanian"),
    (1064, "Tajik"),
    (1065, "Farsi"),
    (1066, "Vietnamese"),
    (1067, "Armenian - Armenia"),
    (1068, "Azeri (Latin)"),
    (1069, "Basque"),
    (1071, "FYRO Macedonian"),
    (1078, "Afrikaans - South Africa"),
    (1079, "Georgian"),
    (1080, "Faroese"),
    (1081, "Hindi"),
    (1082, "Maltese"),
    (1086, "Malay - Malaysia"),
    (1087, "Kazakh"),
    (1088, "Kyrgyz (Cyrillic)"),
    (1089, "Swahili"),
    (1090, "Turkmen"),
    (1091, "Uzbek (Latin)"),
    (1093, "Bengali (India)"),
    (1094, "Punjabi"),
    (1097, "Tamil"),
    (1098, "Telugu"),
    (1104, "Mongolian (Cyrillic)"),
    (1106, "Welsh"),
    (1110, "Galician"),
    (2049, "Arabic - Iraq"),
    (2052, "Chinese - People's Republic of China"),
    (2055, "German - Switzerland"),
    (2057, "English - United Kingdom"),
    (2058, "Spanish - Mexico"),
    (2060, "French - Belgium"),
    (2064, "Italian - Switzerland"),
    (2067, "Dutch - Belgium"),
    (2068, "Norwegian (Nynorsk)"),
    (2070, "Portuguese - Portugal"),
    (2074, "Serbian (Latin)"),
    (2077, "Swedish - Finland"),
    (3073, "Arabic - Egypt"),
    (3076, "Chinese - Hong Kong SAR"),
    (3079, "German - Austria"),
    (3081, "English - Australia"),
    (3082, "Spanish - Spain (Modern Sort)"),
    (3084, "French - Canada"),
    (3098, "Serbian (Cyrillic)"),
    (4100, "Chinese - Singapore"),
    (4105, "English - Canada"),
    (4108, "French - Switzerland"),
    (5129, "English - New Zealand"),
    (6153, "English - Ireland"),
    (7177, "English - South Africa"),
    (16393, "English - India"),
];
