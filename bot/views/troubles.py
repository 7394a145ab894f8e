"""Why DigitalOcean cannot be asked just now, in sentences, with who can change it."""

from __future__ import annotations

from bot.domain.trouble import Trouble
from bot.views.escape import safe

_FOR_PEOPLE = frozenset({Trouble.TOKEN, Trouble.SCOPE})


def sentence(trouble: Trouble, said: str, scopes: str = "") -> str:
    """What is wrong.

    Args:
        said: the error's own words.
        scopes: those that the call needs, for a token that lacks one.
    """
    quoted = f" ({safe(said, 300).rstrip('. ')})" if said else ""
    match trouble:
        case Trouble.TOKEN:
            return (
                f"DigitalOcean refuses my token{quoted}. Whoever runs me has to set a new one"
                " (DIGITALOCEAN_TOKEN)."
            )
        case Trouble.SCOPE:
            named = f" (`{safe(scopes, 80)}`)" if scopes else ""
            return (
                f"My DigitalOcean token may not do this{quoted}. Whoever runs me has to give it the"
                f" scope that it lacks{named}."
            )
        case Trouble.TOO_MANY:
            return f"DigitalOcean asks me to wait{quoted}."
        case Trouble.BROKEN:
            return f"DigitalOcean has a problem{quoted}."
        case _:
            return f"DigitalOcean could not be reached{quoted}."


def goes_on(trouble: Trouble) -> str:
    """When it goes on."""
    if trouble in _FOR_PEOPLE:
        return "it goes on by itself once that is done."
    return "it is tried again by itself."
