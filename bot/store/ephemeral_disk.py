"""Whether a SQLite file will still be there after a restart."""

from __future__ import annotations

from pathlib import Path

from bot.store.database import is_sqlite, sqlite_url


def warning_of(url: str, host: str) -> str:
    """What is said of a database that the next restart deletes; empty: nothing to say.

    Args:
        url: the `DATABASE_URL`.
        host: as `bot.config.app_host` names it.
    """
    if not host or not is_sqlite(url):
        return ""
    path = Path(sqlite_url(url).database or "").absolute()
    if host not in _WITHOUT_VOLUMES and _is_on_a_volume(path):
        return ""
    return (
        f"{path} is on a disk that {host} empties at each deploy and restart:"
        " every request, vote and the audit log will be LOST"
    )


_WITHOUT_VOLUMES = {"Heroku", "App Platform"}
HELP = (
    "Set DATABASE_URL=postgresql://… (docs/deploy.md), or mount a volume and keep the file there."
)


def _is_on_a_volume(path: Path) -> bool:
    return any(folder.is_mount() for folder in path.parents if folder != Path("/"))
