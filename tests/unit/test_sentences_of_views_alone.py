"""What people read is written in `bot/views`, and in the errors that tell them what to do.

Jobs, use cases and tables hold types (an enum and its facts): a sentence that they build is one
that nobody finds, translates or tests, and sooner or later another place reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sentences import of_file, of_tree

ROOT = Path(__file__).parents[2]
PLACES = (
    *("bot/jobs", "bot/requests", "bot/store", "bot/domain", "bot/queue", "bot/schedules"),
    "handlers",
)
OF_THE_GRAMMAR = "handlers/commands/"
"""What can be typed, and what was expected instead, stands beside what reads it."""
FOR_OPERATORS = {
    "bot/domain/scopes.py": "what each right is for: the README, the manifest and the doctor",
    "bot/schedules/schema.py": "what the schedules file may hold, for its errors",
    "bot/schedules/load.py": "the same",
    "bot/schedules/file.py": "the same",
    "bot/schedules/when.py": "the same, and times as the file has them",
    "bot/store/audit.py": "where the chain of the log is broken, for the command line",
    "bot/store/audit_export.py": "the same of an exported log",
    "bot/store/backup.py": "what is wrong with a backup, for the command line",
    "bot/store/database.py": "help of its errors",
    "bot/store/database_transfer.py": "the same",
    "bot/store/ephemeral_disk.py": "a warning in the bot's own log and of the doctor",
    "bot/store/role_reach.py": "what a role can do, for the command line; and SQL",
    "bot/store/sealing.py": "help of its errors",
    "bot/requests/policy_in_force.py": "what errors call a policy out of the log",
}
"""Files that speak to whoever runs the bot, at a terminal."""
NO_SENTENCES = {
    "handlers/pages.py": "headers",
    "handlers/middleware.py": "a line for the log",
    "bot/domain/steps.py": "what a target is called: a noun",
    "bot/domain/places.py": "words that no region may be called by",
    "bot/store/moved.py": "SQL",
    "bot/store/queue_schema.py": "SQL, and errors",
    "bot/store/roles.py": "SQL, and errors",
    "bot/store/tables.py": "SQL",
    "bot/queue/liveness.py": "SQL",
    "bot/queue/procrastinate_queue.py": "SQL",
}


def _files() -> list[str]:
    found = (path for place in PLACES for path in (ROOT / place).rglob("*.py"))
    names = sorted(path.relative_to(ROOT).as_posix() for path in found)
    return [n for n in names if "/migrations/" not in n and not n.startswith(OF_THE_GRAMMAR)]


def _is_error(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    ends = ("Error", "Unavailable", "Answer", "NotKept")
    return name.endswith(ends)


def _of_errors(tree: ast.AST) -> Iterator[ast.AST]:
    """What errors are told: all of a `raise`, and of the call of an error's class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _is_error(node.func)):
            yield from ast.walk(node)


def _built(source: str) -> list[str]:
    tree = ast.parse(source)
    hidden = set(_of_errors(tree))
    return [text for node, text in of_tree(tree) if node not in hidden]


@pytest.mark.parametrize("name", [n for n in _files() if n not in FOR_OPERATORS | NO_SENTENCES])
def test_no_sentence_is_built_elsewhere(name: str) -> None:
    found = _built((ROOT / name).read_text(encoding="utf-8"))
    assert not found, f"say it in bot/views, and keep an enum with its facts here: {found}"


@pytest.mark.parametrize("name", sorted(FOR_OPERATORS | NO_SENTENCES))
def test_what_is_left_out_holds_some(name: str) -> None:
    assert list(of_file(ROOT / name)), f"{name} has none any more: take it off the list"


def test_what_is_built_is_found() -> None:
    source = (
        'raise BotError("There is no such thing.", "Look again.")\n'
        'problem = SettingsError(f"{name} is empty, and must not be.")\n'
        'log.info("what only the log is told")\n'
        'outcome = f"It was refused by {who}."\n'
        'move(tx, outcome="Not approved in time.")\n'
    )
    assert _built(source) == ["It was refused by {…}.", "Not approved in time."]
