"""Calls of DigitalOcean's API as people paste them: `curl`, clients in any language, Terraform.

What they are is read off the method, the path and the fields, in whatever order they stand.
"""

from __future__ import annotations

import re

from bot.errors import CommandError
from handlers.commands.tokens import echo

_Q = "[\"'“”„‘’`]"
_REQUEST = re.compile(
    r"\W*(?:\S{1,20}\s+)?(?:curl|https?|wget)\s|\W*(?:GET|POST|PUT|PATCH|DELETE)\s+\S*/v2/"
)
_METHOD = re.compile(r"(?:-X\s*|--request[=\s]\s*|^\W*(?:https?\s+)?)(GET|POST|PUT|DELETE)\b")
_DATA = re.compile(r"\s(?:-d|--data\S*|--json)[=\s]|\{")
_PATH = re.compile(
    r"/v2/(images|snapshots|droplets|volumes|regions)(?:/([\w-]+))?"
    r"(?:/(actions|snapshots|account_transfer))?(?:/([0-9]+))?",
    re.IGNORECASE,
)

_CLIENT = re.compile(
    r"\b(image_?actions|images|droplet_?actions|volume_?snapshots|regions)\.(\w+)\(", re.IGNORECASE
)
_FIRST_NUMBER = re.compile(rf"(?:\s*\w+\s*,)?\s*{_Q}?([0-9]+)\b")
_ID = re.compile(r"[0-9]+|[0-9a-fA-F-]{36}")
_OF_CLIENT = {
    "imageactions": ("images", "actions"),
    "images": ("images", ""),
    "dropletactions": ("droplets", "actions"),
    "volumesnapshots": ("volumes", "snapshots"),
    "regions": ("regions", ""),
}
_VERBS = {
    **dict.fromkeys(("post", "transfer", "convert", "snapshot", "restore", "create"), "POST"),
    **dict.fromkeys(("get", "getbyid", "find", "list", "all"), "GET"),
    **dict.fromkeys(("delete", "destroy"), "DELETE"),
    "update": "PUT",
}

_TERRAFORM = re.compile(rf"\W*(?:resource|data)\s+{_Q}digitalocean_(\w+){_Q}")
_IN_TERRAFORM = {
    "image": ("GET", "images", "", "id"),
    "droplet_snapshot": ("POST", "droplets", "actions", "droplet_id"),
    "volume_snapshot": ("POST", "volumes", "snapshots", "volume_id"),
}


def called(text: str) -> str | None:
    """The command that a pasted call is; None where it is none, or none that we have.

    Raises:
        CommandError: it is Terraform's, and nothing that we do.
    """
    if found := _TERRAFORM.match(text):
        return _of_terraform(found[1], text)
    if found := _CLIENT.search(text):
        return _of_client(found, text)
    path = _PATH.search(text)
    kind = _word(text, "type")
    if path is None or not (_REQUEST.match(text) or (kind and path[3])):
        return None
    told = _METHOD.search(text)
    method = told[1] if told else "POST" if _DATA.search(text) else "GET"
    return _command(method, path[1].lower(), path[3] or "", path[2] or "", path[4] or "", text)


def _of_client(found: re.Match[str], text: str) -> str | None:
    thing, part = _OF_CLIENT[found[1].replace("_", "").lower()]
    verb = found[2].lower()
    method = _VERBS.get(verb, "POST" if verb.startswith("post_account_transfer") else "")
    part = "account_transfer" if verb.startswith("post_account_transfer") else part
    rest = text[found.end() :]
    first = _FIRST_NUMBER.match(rest)
    number = next(
        filter(None, (_word(rest, f"{thing[:-1]}_id"), _word(rest, "id"), first and first[1])), ""
    )
    kind = verb if verb in ("transfer", "convert", "snapshot", "restore") else ""
    number = "" if verb in ("list", "all") and not part else number
    if number and not _ID.fullmatch(number):
        return None  # a variable, whose value nobody pasted
    return _command(method, thing, part, number, _word(rest, "action_id"), text, kind)


def _of_terraform(kind: str, text: str) -> str | None:
    """A resource that we can make, or a data source that we can show."""
    method, thing, part, key = _IN_TERRAFORM.get(kind, ("", "", "", ""))
    number, name = _word(text, key) if key else "", _field(text, "name")
    if thing == "images" and not number and name:
        return f'show "{name}"'
    if not number:
        raise CommandError(
            f"I have nothing for {echo(f'digitalocean_{kind}')} of Terraform.",
            "`/image help` shows what can be typed.",
        )
    return _command(method, thing, part, number, "", text, "snapshot")


def _command(
    method: str, thing: str, part: str, number: str, action: str, text: str, kind: str = ""
) -> str | None:
    """Ours for a call: a method, `images/62137902/actions`, and what stands in its body."""
    if method == "GET":
        return _look(thing, part, number, action)
    if thing == "images" and not part:
        name = _field(text, "name")
        return {"PUT": f'rename {number} "{name}"', "DELETE": f"delete {number}"}.get(method)
    if (method, thing, part) == ("DELETE", "snapshots", ""):
        return f"delete {number}"
    return _begin(thing, part, number, text, kind or _word(text, "type")) if number else None


def _look(thing: str, part: str, number: str, action: str) -> str | None:
    match thing, part:
        case "images", "actions" if number:
            return f"status {action}" if action else f"history {number}"
        case (("images" | "snapshots"), ""):
            return f"show {number}" if number else "list"
        case "regions", "":
            return "regions"
        case _:
            return None


def _begin(thing: str, part: str, number: str, text: str, kind: str) -> str | None:
    """Ours for a POST."""
    name = _field(text, "name")
    called = f' as "{name}"' if name else ""
    match thing, part, kind:
        case "images", "actions", kind if kind:
            # DigitalOcean's own sample names a region beside `convert`, where it says nothing.
            region = _word(text, "region") if kind == "transfer" else ""
            return f"{kind} {number} {region}".strip()
        case "images", "account_transfer", _:
            to = _word(text, "recipient_email") or _word(text, "recipient_uuid")
            return f"give {number} {to}".strip()
        case "droplets", "actions", "snapshot":
            return f"snapshot #{number}{called}"
        case "droplets", "actions", "restore":
            return f"restore #{number} from {_word(text, 'image')}".strip()
        case "volumes", "snapshots", _:
            return f"snapshot volume {number}{called}"
        case _:
            return None


def _word(text: str, name: str) -> str:
    """The same, where it is one word: what holds spaces is no id, type or region."""
    value = _field(text, name)
    return value if re.fullmatch(r"[\w.@+-]+", value) else ""


def _field(text: str, name: str) -> str:
    """The value of a field, as JSON, Python, Ruby or HCL write it: `"region": "nyc3"`."""
    found = re.search(
        rf"(?:(?<=[\s,{{(\[;&?])|(?<={_Q})|^){name}{_Q}?\s*(?:=>|[:=])\s*"
        rf"(?:{_Q}([^\"'“”„‘’`]*){_Q}|([\w.@-]+))",
        text,
    )
    return (found[1] or found[2] or "").strip() if found else ""
