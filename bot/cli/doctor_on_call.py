"""`doctor`, on call: whether it can be told who is on call, where the policy asks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.findings import Finding, ok, warning, wrong
from bot.config import Settings
from bot.errors import PolicyError
from bot.on_call import OnCallUnknown, on_call_of
from bot.policy.fields import ROTA, is_rota
from bot.policy.file import PolicyFile

_CHECK = "on call"


def on_call(settings: Settings) -> Iterator[Finding]:
    """Whether each rota that the policy names is there, and has somebody in it."""
    try:
        entries = PolicyFile(settings.policy_path).current.everybody
    except PolicyError:
        return  # told by the policy's own check
    rotas = sorted(entry for entry in entries if is_rota(entry))
    source = on_call_of(settings)
    if source is None:
        if rotas:
            said = f"the policy names {rotas[0]}, and IMAGE_BOT_ON_CALL is not set"
            yield wrong(_CHECK, said, "docs/policy.md, “Who is on call”, says how.")
        return
    try:
        known = source.read()
    except OnCallUnknown as error:
        yield wrong(_CHECK, error.problem, error.help)
        return
    for rota in rotas:
        people = known.get(rota.removeprefix(ROTA))
        if people is None:
            said = f"the policy names {rota}, and nothing says who that is"
            yield wrong(_CHECK, said, f"Have it there, or name one out of {_names(known)}.")
        elif not people:
            said = f"nobody is on call for {rota} now"
            yield warning(_CHECK, said, "Put somebody there: until then nobody approves by it.")
        else:
            yield ok(_CHECK, f"for {rota}: {', '.join(sorted(people))}")


def _names(known: object) -> str:
    return ", ".join(sorted(known)) if isinstance(known, dict) and known else "those that it has"
