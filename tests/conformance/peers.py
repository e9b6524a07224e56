"""What other projects expect of log lines: per sample the lines, and per line the fields that rows of ours can say, too.

Each peer has a function that yields samples: a name, the lines or a file, and what is expected: a list of {field: (our columns, value)}.
Fields that no column of ours holds (a country, a rule's number, a queue's length) are not compared; that is what the tables say.
"""
import ast, ipaddress, json, re

# Our columns that may say what an expectation names.
SOURCE = ("id.orig_h", "source")
TARGET = ("id.resp_h", "destination")
MESSAGE = ("message", "reason")
ECS = {
    "source.ip": SOURCE, "source.address": SOURCE, "source.port": ("id.orig_p", "source_port"), "destination.ip": TARGET, "client.ip": SOURCE,
    "client.port": ("id.orig_p", "source_port"), "destination.address": TARGET, "destination.port": ("id.resp_p",),
    "http.request.method": ("method",), "http.response.status_code": ("status_code",), "http.response.body.bytes": ("response_body_len",),
    "http.request.referrer": ("referrer",), "http.version": ("version",), "url.original": ("uri",), "user_agent.original": ("user_agent",),
    "user.name": ("user", "username"), "network.transport": ("proto",), "dns.question.name": ("query",), "dns.question.type": ("qtype_name",),
    "source.bytes": ("orig_bytes",), "destination.bytes": ("resp_bytes",), "log.level": ("severity",), "host.hostname": ("host", "device", "told_by"),
}
ASSERTS = {
    "source_ip": SOURCE, "http_path": ("uri",), "http_status": ("status_code",), "http_verb": ("method",), "http_user_agent": ("user_agent",),
    "target_user": ("user", "username"), "username": ("user", "username"), "user": ("user", "username"), "source_user": ("user", "username"),
    "target_fqdn": ("host",),
}
PARSED = {
    "source_ip": SOURCE, "src_ip": SOURCE, "dst_ip": TARGET, "client_ip": SOURCE, "src_port": ("id.orig_p", "source_port"),
    "source_port": ("id.orig_p", "source_port"), "dst_port": ("id.resp_p",), "proto": ("proto",), "verb": ("method",), "http_method": ("method",),
    "body_bytes_sent": ("response_body_len",), "http_version": ("version",), "http_user_agent": ("user_agent",), "http_referer": ("referrer",),
    "sshd_client_ip": SOURCE, "sshd_invalid_user": ("user",), "dovecot_user": ("user",), "username": ("user", "username"),
}
LEGACY = {
    "src_ip": SOURCE, "dst_ip": TARGET, "src_port": ("id.orig_p",), "dst_port": ("id.resp_p",), "clientip": SOURCE, "client_ip": SOURCE, "verb": ("method",),
    "request": ("uri",), "response": ("status_code",), "httpversion": ("version",), "http_verb": ("method",), "http_status_code": ("status_code",),
    "protocol": ("proto",), "bytes": ("response_body_len",),
}


ENDS, PORTS = SOURCE + TARGET, ("id.orig_p", "id.resp_p", "source_port")
EITHER = {SOURCE: ENDS, TARGET: ENDS, ("id.orig_p", "source_port"): PORTS, ("id.orig_p",): PORTS, ("id.resp_p",): PORTS}


def is_address(text):
    try:
        ipaddress.ip_address(text.split("%")[0])
        return True
    except ValueError:
        return False


def fields(row, table):
    """The fields of a row that the table knows; a dash is how logs say nothing."""
    wanted = {}
    for name, columns in table.items():
        value = row.get(name)
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        if value in (None, "-", "", "N/A", "<nil>", "null", "none", "unknown"):
            continue
        # Our columns of addresses hold addresses, no names; what is no text at all is escaped in ours.
        named = columns in (SOURCE, TARGET) and not is_address(str(value))
        if not named and "\ufffd" not in str(value):
            wanted[name] = (columns, str(value))
    return wanted


def beats(root):
    """filebeat: what a file's lines become, a JSON list beside it."""
    for path in sorted(root.rglob("*-expected.json")):
        log = path.with_name(path.name.removesuffix("-expected.json"))
        if log.is_file():
            yield log, None, [fields(row, ECS) for row in json.loads(path.read_text())]


ASSERT = re.compile(
    r'^results\["(s0[12][^"]*)"\]\["([^"]+)"\]\[(\d+)\]\.(Success == (true|false)|Evt\.(Meta|Parsed)\["([^"]+)"\] == "((?:[^"\\]|\\.)*)")')


def of_asserts(path):
    """What CrowdSec's parsers of the second stage expect of each line that they read."""
    rows, read = {}, set()
    for line in path.read_text(errors="replace").splitlines():
        match = ASSERT.match(line)
        if not match or not match[1].startswith("s01"):
            continue
        key = (match[2], int(match[3]))
        if match[5]:
            read |= {key} if match[5] == "true" else set()
            continue
        columns = (ASSERTS if match[6] == "Meta" else PARSED).get(match[7])
        value = re.sub(r"\\(.)", r"\1", match[8])
        if columns in (SOURCE, TARGET) and not is_address(value):
            continue
        if columns and value not in ("", "-", "N/A", "<nil>", "<unknown>", "undefined") and re.match(r"^[\x20-\x7e]*$", value):
            rows.setdefault(key, {}).setdefault(",".join(columns), (columns, value))
    return [rows[key] for key in sorted(rows) if key in read]


def crowdsec(root):
    for path in sorted(root.glob("crowdsec-hub/.tests/*/parser.assert")):
        wanted, logs = of_asserts(path), sorted(path.parent.glob("*.log"))
        if len(logs) == 1:
            yield logs[0], None, wanted
        elif logs:
            # One list of expectations for several files.
            yield logs[0], [line for log in logs for line in log.read_text(errors="surrogateescape").splitlines()], wanted


def fail2ban(root):
    """The lines that fail2ban takes for failures, their hosts and users; names of hosts are left out."""
    for path in sorted(root.glob("fail2ban/fail2ban/tests/files/logs/**/*")):
        if not path.is_file():
            continue
        lines, wanted, pending = [], [], None
        for line in path.read_text(errors="surrogateescape").splitlines():
            if match := re.match(r"# failJSON:\s*(\{.*)$", line):
                try:
                    pending = json.loads(match[1])
                except ValueError:
                    pending = None
            elif line.strip() and not line.startswith("#"):
                lines.append(line)
                if pending and pending.get("match") and re.fullmatch(r"[0-9.]+|[0-9a-f:]+", str(pending.get("host", ""))):
                    wanted.append({"host": (SOURCE, pending["host"].lower())})
                    if isinstance(pending.get("user",), str) and pending["user"]:
                        wanted[-1]["user"] = (("user", "username"), pending["user"])
                pending = None
        yield path, lines, wanted


def ossec(root):
    """OSSEC's and Wazuh's own tests: lines, of which they name the decoder only; logtesting's say fields, too."""
    for path in sorted([*root.glob("ossec/contrib/ossec-testing/tests/*.ini"), *root.glob("wazuh-ruleset/tools/rules-testing/tests/*.ini")]):
        # Those named test_ try the engine's own expressions, not logs.
        if path.name.startswith("test_"):
            continue
        lines = []
        for line in path.read_text(errors="surrogateescape").splitlines():
            if match := re.match(r"log \d+ (?:pass|fail)\s*=\s*(.*)$", line):
                lines.append(match[1])
        yield path, lines, []
    names = {"srcip": SOURCE, "dstip": TARGET, "dstuser": ("user", "username")}
    for path in sorted(root.glob("ossec/contrib/logtesting/*/log")):
        result = path.with_name("res")
        if result.is_file():
            text = result.read_text(errors="replace")
            decoded = text.split("Phase 2")[-1].split("Phase 3")[0]
            row = dict(re.findall(r"^\s+([a-z]+): '([^']*)'", decoded, re.M))
            yield path, [line for line in path.read_text(errors="surrogateescape").splitlines() if line.strip()], [fields(row, names)]


def flat(row, prefix=""):
    out = {}
    for name, value in row.items():
        out.update(flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value})
    return out


RUBY_ONE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
# Literals that stand behind one another are one.
RUBY_TEXT = rf"({RUBY_ONE}(?:\s*[+\\]?\s*{RUBY_ONE})*)"


def hashes(body):
    """The literal hashes that `include(…)` names, as far as they are literal."""
    for match in re.finditer(r"(?:subject|match|grok)\)?\.?\)?\s*(?:to|\.to)\s+include[\s(]+", body):
        depth, end = 0, match.end()
        while end < len(body) and (body[end] not in ")\n" or depth > 0):
            depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(body[end], 0)
            end += 1
        text = re.sub(r"hash_including\(", "dict(**{", body[match.end():end])
        text = text.replace("=>", ":")
        # `hash_including(…)` closes with a bracket; as a dictionary it needs a brace before it.
        while (start := text.find("dict(**{")) >= 0:
            depth, place = 0, start + len("dict(**{")
            while place < len(text) and (text[place] != ")" or depth > 0):
                depth += {"(": 1, ")": -1}.get(text[place], 0)
                place += 1
            text = text[:start] + "{" + text[start + len("dict(**{"):place] + "}" + text[place + 1:]
        try:
            value = ast.literal_eval("{" + text.strip().rstrip(",") + "}")
        except (SyntaxError, TypeError, ValueError):
            try:
                value = ast.literal_eval(text.strip())
            except (SyntaxError, TypeError, ValueError):
                continue
        if isinstance(value, dict):
            yield value


def logstash(root):
    """logstash's patterns: the messages of their specifications, and the literal hashes that these expect."""
    for path in sorted(root.glob("logstash-patterns/spec/patterns/*_spec.rb")):
        # core and mcollective test single expressions; bro has lines of Zeek's logs without the head that names their columns.
        if path.stem in ("core_spec", "mcollective_spec", "bro_spec"):
            continue
        text = path.read_text(errors="replace")
        starts = [*re.finditer(r"(?:let\(:(?:message|value)\)\s*(?:\{|do)\s*|(?:message|value|log)\d*\s*=\s*)" + RUBY_TEXT, text)]
        lines, wanted = [], []
        for place, start in enumerate(starts):
            line = ""
            for literal in re.findall(RUBY_ONE, start[1]):
                line += literal[1:-1].replace('\\"', '"').replace("\\'", "'").replace("\\t", "\t").replace("\\\\", "\\") if literal[0] == '"' else literal[1:-1].replace("\\'", "'")
            line = line.strip("\n")
            names = re.findall(r'describe_pattern "(\w+)"', text[:start.start()])
            name = names[-1] if names else ""
            # Parts of a line, as the pattern of a part expects them: the head that its whole has is put before them.
            if name.startswith("CISCOFW"):
                number = re.match(r"CISCOFW(\d+)", name)
                line = line if re.search(r"(ASA|PIX|FWSM)-\d", line) else f"%ASA-6-{number[1]}: {line}"
            body = text[start.end():starts[place + 1].start() if place + 1 < len(starts) else len(text)].split("describe_pattern")[0]
            row = {}
            for value in hashes(body):
                row.update(flat(value))
            lines.append(line)
            said = fields(row, ECS) or fields(row, LEGACY)
            if name.startswith("CISCOFW"):
                # Here the first end of a message is its source; ours is who opened the session. Either end may say it.
                said = {field: (EITHER.get(columns, columns), value) for field, (columns, value) in said.items()}
            wanted.append(said)
        yield path, lines, wanted


STAMPS = {
    "mark": "<134>", "bsd": "Nov 20 18:40:01", "iso": "2026-11-20T18:40:01.000", "host": "host-name-one", "epoch": "1795200001", "app": "prog",
    "pid": "1234", "timestamp": "1795200001000", "date": "2026-11-20", "time": "18:40:01", "millisec": "1795200001000", "year": "2026", "tzoffset": "+0000",
    "tzname": "UTC", "seq": "7", "microsec": "000123", "timestamp_iso_8601": "2026-11-20T18:40:01.000Z", "bsdyear": "Nov 20 2026 18:40:01", "key": "k-1",
    "timestamp_bsd": "Nov 20 18:40:01", "aruba_time": "Nov 20 18:40:01 2026", "arubadate": "Nov 20 18:40:01 2026", "wsatime": "1795200001.000", "program": "prog",
    "ucm_time": "Nov 20 2026 18:40:01.000 UTC", "lss_time": "Fri Nov 20 18:40:01 2026", "node_id": "7", "hptime": "11/20/26 18:40:01", "device_time": "Fri, 20 Nov 2026 18:40:01 +0000",
}


def sc4s(root):
    """Splunk's connector: templates of lines of devices, of which it expects host, time and maker."""
    def render(text):
        # A mark before an ISO time is that of RFC 5424: priority and version.
        structured = re.match(r"\s*\{\{\s*mark\s*\}\}\s*\{\{\s*(iso|timestamp_iso)", text)
        stamps = {**STAMPS, "mark": "<134>1"} if structured else STAMPS
        return re.sub(r"\{\{\s*([a-z_0-9]+)[^}]*\}\}", lambda match: stamps.get(match[1].lower(), "x"), text)

    for path in sorted(root.glob("sc4s/tests/test_*.py")):
        try:
            tree = ast.parse(path.read_text(errors="replace"))
        except SyntaxError:
            continue
        lines = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if re.search(r"\{\{\s*(mark|bsd|iso|host)", text) and not re.match(r"\s*\|?\s*(search|tstats)|^[^ ]*\{\{[^}]*\}\}[^ ]*$", text):
                    lines += [render(part) for part in text.strip("\n").split("\n")[:1] if len(part) > 30]
        if lines:
            yield path, lines, []


def evtx(root):
    """Files of Windows with the JSON that evtx_dump made of them beside: every field of every event. Spaces at an end are not in that JSON,
    and neither are the braces of GUIDs, so that those are left out."""
    for path in sorted(root.glob("sigma-evtx/**/*.evtx")):
        beside = path.with_suffix(".json")
        try:
            said = json.loads(beside.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError):
            continue
        wanted = []
        for one in said if isinstance(said, list) else [said]:
            system, data = one["Event"]["System"], one["Event"].get("EventData") or {}
            number = system["EventID"]["#text"] if isinstance(system["EventID"], dict) else system["EventID"]
            head = {"event_id": number, "channel": system["Channel"], "computer": system["Computer"], "provider": system["Provider"]["#attributes"]["Name"]}
            fields = {name: ((name,), str(value)) for name, value in head.items()}
            told = {name: value for name, value in data.items() if isinstance(value, (str, int)) and "guid" not in name.lower()}
            fields.update({f"data.{name}": (("data",), f"{name}={value}") for name, value in told.items()})
            wanted.append(fields)
        yield path, None, wanted


PEERS = {"beats": beats, "crowdsec": crowdsec, "fail2ban": fail2ban, "ossec": ossec, "logstash": logstash, "sc4s": sc4s, "evtx": evtx}
