"""All that people read stands in one file, to be read from top to bottom: `SENTENCES.txt`.

After a change: `REWRITE_GOLDEN=1` writes it anew; read what changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import sentences

GOLDEN = Path(__file__).parents[2] / "golden" / "SENTENCES.txt"


def test_every_sentence_is_as_it_was_read() -> None:
    written = sentences.everything()
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8")


def test_what_is_no_sentence_is_left_out(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""A docstring of some words."""\n'
        'log.warning("what only the log is told")\n'
        'KEY = "two words"\n'
        'def said(name):\n    return f"{name} is told to people."\n',
        encoding="utf-8",
    )
    assert list(sentences.of_file(module)) == ["{…} is told to people."]
