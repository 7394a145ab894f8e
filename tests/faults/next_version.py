"""A next version of the bot, made from this one: a folder to run `python -m bot` in.

It differs as versions do. The job `submit` is called `send`, and the old name is redirected;
a migration adds a column and a table, which the version before knows nothing of.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from faults.process import ROOT

REDIRECTED = "goes on under the name send"

_MIGRATION = '''"""something more"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ops_request", sa.Column("mood", sa.String(40), server_default="calm"))
    op.create_table("mood", sa.Column("id", sa.Integer(), primary_key=True))
'''
_JOBS = "self._background.jobs()"
_REDIRECT = f"""{{
                "submit": lambda key: (
                    log.info("submit %s {REDIRECTED}", key),
                    self._engine.enqueue(Job.SUBMIT, key),
                ),
                **{_JOBS},
            }}"""


def make_next_version(folder: Path, head: str) -> Path:
    """Write the next version into `folder`; `head` is the schema's version of this one."""
    for package in ("bot", "handlers"):
        shutil.copytree(ROOT / package, folder / package)  # what Python compiled goes along
    migration = _MIGRATION.format(revision="9001", before=head)
    versions = folder / "bot/store/migrations/versions"
    (versions / "9001_something_more.py").write_text(migration, encoding="utf-8")
    _edit(folder / "bot/domain/jobs.py", 'SUBMIT = "submit"', 'SUBMIT = "send"')
    _edit(folder / "bot/app.py", _JOBS, _REDIRECT)
    return folder


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r} any more"
    path.write_text(text.replace(old, new), encoding="utf-8")
