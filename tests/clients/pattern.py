"""Answers as patterns: a word in angle brackets or a name for what changes from run to run."""

import ipaddress
import json
import re

ANY = "<any>"
# In this order: what is found first is no longer there for the next.
FORMS = [
    (r"http://[\w.]+(:\d+)?(/(identity|compute|network|image|volume))?(?=/|\b)", "<url>"),
    (r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<request>"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r"\b[0-9a-f]{56,}\b", "<hash>"),
    (r"\b[0-9a-f]{32}\b", "<id>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"gAAAAA[\w=-]+", "<token>"),
]
MAC = re.compile(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b(?!:)")
ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b|\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b")
CHANGING = {
    "hostId", "host_id", "password", "adminPass", "admin_password", "OS-EXT-SRV-ATTR:instance_name",
    "OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname", "OS-EXT-SRV-ATTR:reservation_id",
    "standard_attr_id", "instance_name", "hypervisor_hostname", "reservation_id", "compute_host", "hypervisor_host",
    "revision_number", "provider:segmentation_id", "audit_ids", "boot_roles",
}


class Known:
    """What is known while the commands run: names and their values, and every text that was sent."""

    def __init__(self, names):
        self.names = dict(names)
        self.sent = set()

    def filled(self, text):
        """A text with `$name` in it as its value; longer names first."""
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(f"${name}", self.names[name])
        return text

    def send(self, text):
        """Remembers the addresses of a text, but for the ends of pools, in which anything is."""
        rest = re.sub(r"(start|end)=[^, ]+", "", text)
        for form in (MAC, ADDRESS):
            self.sent.update(found.group(0) for found in form.finditer(rest))
        return text

    def pattern(self, value, key=""):
        if key in {"start", "end"}:
            return value
        if key in CHANGING and value not in (None, ""):
            return "<text>"
        if isinstance(value, dict):
            return {self.text(str(name)): self.pattern(item, name) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.pattern(item, key) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text):
        by_length = sorted(self.names.items(), key=lambda item: (-len(item[1]), item[0]))
        for name, value in by_length:
            if len(value) > 5:
                text = text.replace(value, f"${name}")
        for form, word in FORMS:
            text = re.sub(form, word, text)
        text = MAC.sub(lambda found: self.literal(found.group(0), "<mac>"), text)
        return ADDRESS.sub(lambda found: self.literal(found.group(0), address(found.group(0))), text)

    def literal(self, found, word):
        return found if found in self.sent else word


def address(text):
    """What to say for an address; a text that is none stays."""
    try:
        return f"<ipv{ipaddress.ip_address(text).version}>"
    except ValueError:
        return text


def loosened(value, fields):
    """The same with these fields as anything; of lists, those of every row."""
    if isinstance(value, list):
        return [loosened(item, fields) for item in value]
    if isinstance(value, dict):
        return {name: ANY if name in fields else item for name, item in value.items()}
    return ANY if "text" in fields else value


def sorted_rows(value):
    """Lists of objects in one order, at any depth: no service promises any."""
    if isinstance(value, dict):
        return {name: sorted_rows(item) for name, item in value.items()}
    if isinstance(value, list):
        rows = [sorted_rows(item) for item in value]
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return value


def differences(wanted, found, place=""):
    """Where `found` is not as `wanted`, a line each."""
    if wanted == ANY or wanted == found:
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in sorted(wanted.keys() | found.keys()):
            if name not in found:
                yield f"{place}/{name} is missing, should be {wanted[name]!r}"
            elif name not in wanted:
                yield f"{place}/{name} should not be there: {found[name]!r}"
            else:
                yield from differences(wanted[name], found[name], f"{place}/{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for at, pair in enumerate(zip(wanted, found)):
            yield from differences(*pair, f"{place}/{at}")
    else:
        yield f"{place} is {found!r}, should be {wanted!r}"
