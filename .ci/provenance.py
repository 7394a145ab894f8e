"""What `make release` built, from what and by what: an in-toto statement with SLSA's predicate.

    provenance.py write DIST VERSION COMMIT    writes DIST/image-bot-VERSION.provenance.json
    provenance.py check DIST [COMMIT]          compares it with the files that are there

It holds no time, so the same source makes the same bytes. It is not signed: it says what whoever
ran the release says. Who publishes it signs it with what their registry or forge offers.
Formats: in-toto "Statement v1", SLSA "Provenance v1".
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:image-bot:make-release:1"
_END = ".provenance.json"
_MATERIALS = ("constraints.txt", "pyproject.toml", ".ci/release", ".ci/repack.py")


def statement(dist: Path, version: str, commit: str) -> dict[str, Any]:
    """The statement about every file in a folder but itself."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": p.name, "digest": _digest(p)} for p in _files(dist)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"version": version},
                "resolvedDependencies": [
                    {"name": "source", "digest": {"gitCommit": commit}},
                    *({"name": n, "digest": _digest(ROOT / n)} for n in _MATERIALS),
                ],
            },
            "runDetails": {"builder": {"id": "urn:image-bot:.ci/release"}},
        },
    }


def problems(dist: Path, commit: str = "") -> list[str]:
    """In what the statement in a folder differs from what is there; empty: in nothing."""
    found = sorted(dist.glob(f"*{_END}"))
    if len(found) != 1:
        return [f"there are {len(found)} statements, not one"]
    told = json.loads(found[0].read_text(encoding="utf-8"))
    wrong = []
    if (told.get("_type"), told.get("predicateType")) != (STATEMENT, PREDICATE):
        wrong.append("it is no provenance statement of this kind")
    said = {each["name"]: each["digest"] for each in told["subject"]}
    there = {path.name: _digest(path) for path in _files(dist)}
    wrong += [f"{name} is told of, and not there" for name in sorted(said.keys() - there.keys())]
    wrong += [f"{name} is there, and not told of" for name in sorted(there.keys() - said.keys())]
    same = said.keys() & there.keys()
    wrong += [f"{name} is another file" for name in sorted(same) if said[name] != there[name]]
    source = told["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"]
    if commit and source != commit:
        wrong.append(f"it was built from {source}, not from {commit}")
    return wrong


def main(words: list[str]) -> int:
    """0: written, or all is as it is told; 1: it is not."""
    match words:
        case ["write", dist, version, commit]:
            made = Path(dist) / f"image-bot-{version}{_END}"
            text = json.dumps(statement(Path(dist), version, commit), indent=2)
            made.write_text(f"{text}\n", encoding="utf-8")
            return 0
        case ["check", dist, *commit] if len(commit) < 2:
            wrong = problems(Path(dist), *commit)
            sys.stderr.writelines(f"provenance: {each}\n" for each in wrong)
            return 1 if wrong else 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


def _files(dist: Path) -> list[Path]:
    return sorted(p for p in dist.iterdir() if p.is_file() and not p.name.endswith(_END))


def _digest(path: Path) -> dict[str, str]:
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
