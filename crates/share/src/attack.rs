//! Names of the ATT&CK techniques that our definitions speak of (MITRE ATT&CK for Enterprise).

/// Technique ids and names, in the order of ids.
const NAMES: &[(&str, &str)] = &[
    ("T1003", "OS Credential Dumping"),
    ("T1003.002", "Security Account Manager"),
    ("T1003.006", "DCSync"),
    ("T1007", "System Service Discovery"),
    ("T1008", "Fallback Channels"),
    ("T1018", "Remote System Discovery"),
    ("T1021", "Remote Services"),
    ("T1021.001", "Remote Desktop Protocol"),
    ("T1021.002", "SMB/Windows Admin Shares"),
    ("T1021.003", "Distributed Component Object Model"),
    ("T1021.004", "SSH"),
    ("T1021.006", "Windows Remote Management"),
    ("T1027", "Obfuscated Files or Information"),
    ("T1030", "Data Transfer Size Limits"),
    ("T1036", "Masquerading"),
    ("T1041", "Exfiltration Over C2 Channel"),
    ("T1046", "Network Service Discovery"),
    ("T1047", "Windows Management Instrumentation"),
    ("T1048", "Exfiltration Over Alternative Protocol"),
    ("T1049", "System Network Connections Discovery"),
    ("T1053.005", "Scheduled Task"),
    ("T1059", "Command and Scripting Interpreter"),
    ("T1068", "Exploitation for Privilege Escalation"),
    ("T1069.002", "Domain Groups"),
    ("T1071", "Application Layer Protocol"),
    ("T1071.001", "Web Protocols"),
    ("T1071.002", "File Transfer Protocols"),
    ("T1071.003", "Mail Protocols"),
    ("T1071.004", "DNS"),
    ("T1078", "Valid Accounts"),
    ("T1087.002", "Domain Account"),
    ("T1090", "Proxy"),
    ("T1090.003", "Multi-hop Proxy"),
    ("T1095", "Non-Application Layer Protocol"),
    ("T1105", "Ingress Tool Transfer"),
    ("T1110", "Brute Force"),
    ("T1110.001", "Password Guessing"),
    ("T1110.003", "Password Spraying"),
    ("T1112", "Modify Registry"),
    ("T1132", "Data Encoding"),
    ("T1133", "External Remote Services"),
    ("T1135", "Network Share Discovery"),
    ("T1187", "Forced Authentication"),
    ("T1189", "Drive-by Compromise"),
    ("T1190", "Exploit Public-Facing Application"),
    ("T1204", "User Execution"),
    ("T1210", "Exploitation of Remote Services"),
    ("T1219", "Remote Access Tools"),
    ("T1486", "Data Encrypted for Impact"),
    ("T1496", "Resource Hijacking"),
    ("T1498", "Network Denial of Service"),
    ("T1498.001", "Direct Network Flood"),
    ("T1498.002", "Reflection Amplification"),
    ("T1499", "Endpoint Denial of Service"),
    ("T1546.003", "Windows Management Instrumentation Event Subscription"),
    ("T1547.012", "Print Processors"),
    ("T1557", "Adversary-in-the-Middle"),
    ("T1558.003", "Kerberoasting"),
    ("T1566", "Phishing"),
    ("T1566.001", "Spearphishing Attachment"),
    ("T1567", "Exfiltration Over Web Service"),
    ("T1568", "Dynamic Resolution"),
    ("T1568.001", "Fast Flux DNS"),
    ("T1568.002", "Domain Generation Algorithms"),
    ("T1569.002", "Service Execution"),
    ("T1570", "Lateral Tool Transfer"),
    ("T1571", "Non-Standard Port"),
    ("T1572", "Protocol Tunneling"),
    ("T1573", "Encrypted Channel"),
    ("T1583", "Acquire Infrastructure"),
    ("T1590", "Gather Victim Network Information"),
    ("T1595", "Active Scanning"),
    ("T1595.001", "Scanning IP Blocks"),
    ("T1595.002", "Vulnerability Scanning"),
];

/// A technique's name; its id where we do not know it.
pub(crate) fn name(id: &str) -> &str {
    NAMES.binary_search_by_key(&id, |(known, _)| known).ok().and_then(|at| NAMES.get(at)).map_or(id, |(_, name)| name)
}

/// Its page.
pub(crate) fn url(id: &str) -> String {
    format!("https://attack.mitre.org/techniques/{}", id.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_in_order() {
        assert!(NAMES.is_sorted());
        assert_eq!((name("T1105"), name("T9999")), ("Ingress Tool Transfer", "T9999"));
        assert_eq!(url("T1071.001"), "https://attack.mitre.org/techniques/T1071/001");
    }
}
