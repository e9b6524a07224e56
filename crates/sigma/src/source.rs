//! Log sources: which of our events a rule's `logsource` speaks of.
//!
//! A rule names a category, a product and a service; each of the combinations that we have events for is a [`Source`], and an
//! event belongs to one or several of them. Source: the Sigma specification's taxonomy appendix. Left out are sources of which no
//! log is read here (clouds, macOS, auditd …): their rules are told as not routed.

use rsigma_parser::LogSource;

/// A source of events that rules can be written for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Requests of our own clients, by packets or a proxy's log.
    Proxy,
    /// Requests to our own servers, by packets or a web server's log.
    Webserver,
    /// Questions to name servers.
    Dns,
    /// What firewalls did with flows.
    Firewall,
    /// Flows, with the field names of ECS.
    Connections,
    /// Questions to name servers, with the field names of ECS.
    Lookups,
    /// A log by Zeek's own columns; all logs where none is named.
    Zeek(Option<Box<str>>),
    /// A category of Windows events: a few event ids of a channel.
    WindowsCategory(&'static str),
    /// The channels of a Windows service.
    WindowsService(&'static str),
    /// All Windows events.
    Windows,
    /// What programs of a Unix system say; one program's where one is named.
    Linux(Option<Box<str>>),
    /// What a device or server of a product says in words.
    Said(&'static str),
}

/// Sysmon's channel, in lower case as all channels here.
pub(crate) const SYSMON: &str = "microsoft-windows-sysmon/operational";
const SECURITY: &str = "security";
const POWERSHELL: &[&str] = &["microsoft-windows-powershell/operational", "powershellcore/operational"];
const CLASSIC: &str = "windows powershell";

/// Which events of which channels make a category.
type Category = (&'static str, &'static [&'static str], &'static [u64]);

/// The categories of Windows events. Beside Sysmon's own, two that the audit of the Security log tells as well.
const CATEGORIES: &[Category] = &[
    ("clipboard_capture", &[SYSMON], &[24]),
    ("create_remote_thread", &[SYSMON], &[8]),
    ("create_stream_hash", &[SYSMON], &[15]),
    ("dns_query", &[SYSMON], &[22]),
    ("driver_load", &[SYSMON], &[6]),
    ("file_block_executable", &[SYSMON], &[27]),
    ("file_block_shredding", &[SYSMON], &[28]),
    ("file_change", &[SYSMON], &[2]),
    ("file_delete", &[SYSMON], &[23, 26]),
    ("file_delete_detected", &[SYSMON], &[26]),
    ("file_event", &[SYSMON], &[11]),
    ("file_executable_detected", &[SYSMON], &[29]),
    ("image_load", &[SYSMON], &[7]),
    ("network_connection", &[SYSMON], &[3]),
    ("pipe_created", &[SYSMON], &[17, 18]),
    ("process_access", &[SYSMON], &[10]),
    ("process_creation", &[SYSMON], &[1]),
    ("process_creation", &[SECURITY], &[4688]),
    ("process_tampering", &[SYSMON], &[25]),
    ("process_termination", &[SYSMON], &[5]),
    ("ps_classic_provider_start", &[CLASSIC], &[600]),
    ("ps_classic_script", &[CLASSIC], &[800]),
    ("ps_classic_start", &[CLASSIC], &[400]),
    ("ps_module", POWERSHELL, &[4103]),
    ("ps_script", POWERSHELL, &[4104]),
    ("raw_access_thread", &[SYSMON], &[9]),
    ("registry_add", &[SYSMON], &[12]),
    ("registry_delete", &[SYSMON], &[12]),
    ("registry_event", &[SYSMON], &[12, 13, 14]),
    ("registry_event", &[SECURITY], &[4657]),
    ("registry_rename", &[SYSMON], &[14]),
    ("registry_set", &[SYSMON], &[13]),
    ("registry_set", &[SECURITY], &[4657]),
    ("sysmon_error", &[SYSMON], &[255]),
    ("sysmon_status", &[SYSMON], &[4, 16]),
    ("wmi_event", &[SYSMON], &[19, 20, 21]),
];

/// Which channels make a service; where a name ends in `/`, all channels that begin with it.
const SERVICES: &[(&str, &[&str])] = &[
    ("application", &["application"]),
    ("application-experience", &["microsoft-windows-application-experience/"]),
    ("applocker", &["microsoft-windows-applocker/"]),
    ("appmodel-runtime", &["microsoft-windows-appmodel-runtime/admin"]),
    ("appxdeployment-server", &["microsoft-windows-appxdeploymentserver/operational"]),
    ("appxpackaging-om", &["microsoft-windows-appxpackaging/operational"]),
    ("bitlocker", &["microsoft-windows-bitlocker/bitlocker management"]),
    ("bits-client", &["microsoft-windows-bits-client/operational"]),
    ("capi2", &["microsoft-windows-capi2/operational"]),
    ("certificateservicesclient-lifecycle-system", &["microsoft-windows-certificateservicesclient-lifecycle-system/operational"]),
    ("codeintegrity-operational", &["microsoft-windows-codeintegrity/operational"]),
    ("dhcp", &["microsoft-windows-dhcp-server/operational"]),
    ("diagnosis-scripted", &["microsoft-windows-diagnosis-scripted/operational"]),
    ("dns-client", &["microsoft-windows-dns client events/operational"]),
    ("dns-server", &["dns server"]),
    ("dns-server-analytic", &["microsoft-windows-dns-server/analytical"]),
    ("dns-server-audit", &["microsoft-windows-dns-server/audit"]),
    ("driver-framework", &["microsoft-windows-driverframeworks-usermode/operational"]),
    ("firewall-as", &["microsoft-windows-windows firewall with advanced security/firewall"]),
    ("hyper-v-worker", &["microsoft-windows-hyper-v-worker", "microsoft-windows-hyper-v-worker/"]),
    ("iis-configuration", &["microsoft-iis-configuration/operational"]),
    ("kernel-event-tracing", &["microsoft-windows-kernel-eventtracing", "microsoft-windows-kernel-eventtracing/"]),
    ("kernel-shimengine", &["microsoft-windows-kernel-shimengine/"]),
    ("ldap", &["microsoft-windows-ldap-client/debug"]),
    ("lsa-server", &["microsoft-windows-lsa/operational"]),
    ("microsoft-servicebus-client", &["microsoft-servicebus-client"]),
    ("msexchange-management", &["msexchange management"]),
    ("ntfs", &["microsoft-windows-ntfs/operational"]),
    ("ntlm", &["microsoft-windows-ntlm/operational"]),
    ("openssh", &["openssh/operational"]),
    ("powershell", POWERSHELL),
    ("powershell-classic", &[CLASSIC]),
    ("printservice-admin", &["microsoft-windows-printservice/admin"]),
    ("printservice-operational", &["microsoft-windows-printservice/operational"]),
    ("security", &[SECURITY]),
    ("security-mitigations", &["microsoft-windows-security-mitigations/"]),
    ("sense", &["microsoft-windows-sense/operational"]),
    ("servicebus-client", &["microsoft-servicebus-client/"]),
    ("shell-core", &["microsoft-windows-shell-core/operational"]),
    ("smbclient-connectivity", &["microsoft-windows-smbclient/connectivity"]),
    ("smbclient-security", &["microsoft-windows-smbclient/security"]),
    ("smbserver-connectivity", &["microsoft-windows-smbserver/connectivity"]),
    ("sysmon", &[SYSMON]),
    ("system", &["system"]),
    ("taskscheduler", &["microsoft-windows-taskscheduler/operational"]),
    ("terminalservices-localsessionmanager", &["microsoft-windows-terminalservices-localsessionmanager/operational"]),
    ("vhdmp", &["microsoft-windows-vhdmp/operational"]),
    ("windefend", &["microsoft-windows-windows defender/operational"]),
    ("wmi", &["microsoft-windows-wmi-activity/operational"]),
];

/// Products whose own words are kept in rows of `device` and `raw`, with the name of our format that reads them.
const SAID: &[(&str, &str)] = &[
    ("apache", "web"),
    ("nginx", "web"),
    ("modsecurity", "web"),
    ("cisco", "cisco"),
    ("juniper", "srx"),
    ("paloalto", "paloalto"),
    ("fortios", "fortigate"),
    ("fortinet", "fortigate"),
    ("fortigate", "fortigate"),
];

/// Services of Linux whose logs are read; without one, all of them.
const LINUX: &[&str] = &["auth", "sshd", "sudo", "su", "cron", "syslog", "vsftpd", "pam", "dovecot", "postfix"];

impl Source {
    /// The source of a rule.
    ///
    /// # Errors
    /// Where there are no events of its source: why.
    pub(crate) fn of(logsource: &LogSource) -> Result<Self, String> {
        let lower = |text: &Option<String>| text.as_deref().map(str::to_ascii_lowercase);
        let (category, product, service) = (lower(&logsource.category), lower(&logsource.product), lower(&logsource.service));
        let source = match (category.as_deref(), product.as_deref(), service.as_deref()) {
            (_, Some("zeek" | "bro"), service) => Some(Self::Zeek(service.map(Into::into))),
            (Some("proxy"), ..) => Some(Self::Proxy),
            (Some("webserver"), ..) => Some(Self::Webserver),
            (Some("dns"), None, _) => Some(Self::Dns),
            (Some("firewall"), None | Some("cisco" | "fortinet" | "paloalto" | "juniper" | "checkpoint"), _) => Some(Self::Firewall),
            (Some("network"), None, Some("connection") | None) => Some(Self::Connections),
            (Some("network"), None, Some("dns")) => Some(Self::Lookups),
            (Some(category), None | Some("windows"), _) => category_named(category).map(Self::WindowsCategory),
            (None, Some("windows"), Some(service)) => service_named(service).map(Self::WindowsService),
            (None, Some("windows"), None) => Some(Self::Windows),
            (None, Some("apache" | "nginx" | "iis"), Some("access")) => Some(Self::Webserver),
            (None, Some("linux"), None) => Some(Self::Linux(None)),
            (None, Some("linux"), Some(service)) if LINUX.contains(&service) => Some(Self::Linux(Some(service.into()))),
            (None, Some(product), _) => SAID.iter().find(|(known, _)| *known == product).map(|(_, format)| Self::Said(format)),
            _ => None,
        };
        source.ok_or_else(|| format!("no events of {}", described(&category, &product, &service)))
    }

    /// Its name, for a person.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Proxy => "proxy".to_owned(),
            Self::Webserver => "webserver".to_owned(),
            Self::Dns => "dns".to_owned(),
            Self::Firewall => "firewall".to_owned(),
            Self::Connections => "network/connection".to_owned(),
            Self::Lookups => "network/dns".to_owned(),
            Self::Zeek(None) => "zeek".to_owned(),
            Self::Zeek(Some(log)) => format!("zeek/{log}"),
            Self::WindowsCategory(name) | Self::WindowsService(name) => format!("windows/{name}"),
            Self::Windows => "windows".to_owned(),
            Self::Linux(None) => "linux".to_owned(),
            Self::Linux(Some(service)) => format!("linux/{service}"),
            Self::Said(format) => format!("{format} messages"),
        }
    }

    /// Whether a Windows event is of it. The channel is in lower case.
    pub(crate) fn holds_windows(&self, channel: &str, event_id: u64) -> bool {
        match self {
            Self::Windows => true,
            Self::WindowsCategory(name) => {
                CATEGORIES.iter().any(|(known, channels, ids)| known == name && channels.contains(&channel) && ids.contains(&event_id))
            }
            Self::WindowsService(name) => {
                let holds = |known: &str| known == channel || (known.ends_with('/') && channel.starts_with(known));
                SERVICES.iter().any(|(known, channels)| known == name && channels.iter().any(|known| holds(known)))
            }
            _ => false,
        }
    }
}

fn category_named(name: &str) -> Option<&'static str> {
    CATEGORIES.iter().find(|(known, ..)| *known == name).map(|(known, ..)| *known)
}

fn service_named(name: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

fn described(category: &Option<String>, product: &Option<String>, service: &Option<String>) -> String {
    let part = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let parts: Vec<_> = [part("category", category), part("product", product), part("service", service)].into_iter().flatten().collect();
    if parts.is_empty() { "a source that is not named".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logsource(category: &str, product: &str, service: &str) -> LogSource {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        LogSource { category: some(category), product: some(product), service: some(service), ..LogSource::default() }
    }

    fn check(category: &str, product: &str, service: &str, expected: &str) {
        let found = match Source::of(&logsource(category, product, service)) {
            Ok(source) => source.name(),
            Err(why) => why,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_logsource_says_which_events_a_rule_sees() {
        check("proxy", "", "", "proxy");
        check("webserver", "apache", "", "webserver");
        check("", "zeek", "dce_rpc", "zeek/dce_rpc");
        check("", "zeek", "", "zeek");
        check("process_creation", "windows", "", "windows/process_creation");
        check("process_creation", "", "", "windows/process_creation");
        check("", "windows", "security", "windows/security");
        check("", "linux", "sshd", "linux/sshd");
        check("", "cisco", "aaa", "cisco messages");
        check("process_creation", "macos", "", "no events of category process_creation, product macos");
        check("", "aws", "cloudtrail", "no events of product aws, service cloudtrail");
        check("", "linux", "auditd", "no events of product linux, service auditd");
        check("", "", "", "no events of a source that is not named");
    }

    #[test]
    fn windows_events_belong_to_categories_and_services() {
        let created = Source::WindowsCategory("process_creation");
        assert!(created.holds_windows(SYSMON, 1) && created.holds_windows("security", 4688));
        assert!(!created.holds_windows(SYSMON, 3) && !created.holds_windows("security", 4624));
        assert!(Source::WindowsService("applocker").holds_windows("microsoft-windows-applocker/exe and dll", 8003));
        assert!(!Source::WindowsService("system").holds_windows("security", 1));
    }

    #[test]
    fn tables_are_sorted_and_in_lower_case() {
        assert!(CATEGORIES.is_sorted_by_key(|row| row.0) && SERVICES.is_sorted_by_key(|row| row.0));
        let channels = CATEGORIES.iter().flat_map(|row| row.1).chain(SERVICES.iter().flat_map(|row| row.1));
        assert!(channels.into_iter().all(|channel| *channel == channel.to_lowercase()));
    }
}
