from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import PolicyError
from bot.policy.file import PolicyFile

ONE = '[[rule]]\nname = "one"\napprovals = 0\n'
TWO = '[[rule]]\nname = "two"\napprovals = 0\n'


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(ONE)
    return path


def name(file: PolicyFile) -> str:
    return file.current.rule[0].name


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"cp policy\.example\.toml policy\.toml"):
        PolicyFile(tmp_path / "policy.toml")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"[[rule]]\n", "needs approvers"), (b"# ok\n# \xff\n", "line 2"), (b"", "missing")],
)
def test_a_broken_file_at_the_first_reading_is_an_error(
    path: Path, content: bytes, told: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=told):
        PolicyFile(path)


def test_a_folder_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        PolicyFile(tmp_path)


def test_a_changed_file_is_in_force_after_a_second(path: Path) -> None:
    clock = Clock()
    file = PolicyFile(path, clock)
    path.write_text(TWO)
    clock.now += 0.9
    assert name(file) == "one"
    clock.now += 0.1
    assert name(file) == "two"
    assert file.problem is None


def test_refresh_looks_at_once_and_tells_of_change(path: Path) -> None:
    file = PolicyFile(path, Clock())
    assert not file.refresh()
    path.write_text(TWO)
    assert file.refresh()
    path.write_text("# another comment\n" + TWO)
    assert not file.refresh()


def test_a_file_of_the_same_size_and_time_renamed_into_place_is_seen(path: Path) -> None:
    file = PolicyFile(path)
    found = path.stat()
    other = path.with_suffix(".new")
    other.write_text(TWO)
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)
    assert file.refresh()


def test_a_broken_new_file_leaves_the_old_one_in_force_and_says_so(path: Path) -> None:
    file = PolicyFile(path)
    path.write_text("[[rule]]\napprovals = 'x'\n")
    assert not file.refresh()
    assert name(file) == "one"
    assert file.problem is not None
    assert "line 2" in file.problem
    assert "stays in force" in file.problem
    assert not file.refresh()
    assert file.problem is not None
    path.write_text(ONE)
    file.refresh()
    assert file.problem is None


@pytest.mark.parametrize(
    ("put", "told"),
    [
        (os.mkfifo, "a pipe or a device"),
        (lambda path: path.symlink_to("/dev/zero"), "a pipe or a device"),
        (Path.mkdir, "Is a directory"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda path: path.write_bytes(TWO.encode("utf-16")), "not UTF-8"),
        (lambda path: path.write_bytes(TWO.replace("\n", "\r").encode()), "not TOML"),
        (lambda path: path.write_bytes(TWO.encode() + b"\0"), "not TOML"),
        (lambda path: path.write_text("x = " + "[" * 9_000), "nested too deeply"),
    ],
    ids=["pipe", "device", "folder", "loop", "utf-16", "cr", "nul", "deep"],
)
def test_what_is_put_in_the_place_of_the_file_holds_nothing_up_and_is_not_taken(
    path: Path, put: Callable[[Path], Any], told: str
) -> None:
    clock = Clock()
    file = PolicyFile(path, clock)
    path.unlink()
    put(path)
    clock.now += 2
    looked = threading.Thread(target=file.refresh, daemon=True)
    looked.start()
    looked.join(30)
    assert not looked.is_alive(), "it waits for what has no end"
    assert name(file) == "one"
    assert told in (file.problem or "")


@pytest.mark.parametrize(
    "put",
    [
        lambda path: path.write_bytes(b"\xef\xbb\xbf" + TWO.encode()),
        lambda path: path.write_bytes(TWO.replace("\n", "\r\n").encode()),
    ],
    ids=["byte order mark", "crlf"],
)
def test_a_file_from_another_system_is_read(path: Path, put: Callable[[Path], Any]) -> None:
    put(path)
    assert name(PolicyFile(path)) == "two"


def test_a_vanished_file_leaves_the_old_one_in_force_until_it_is_back(path: Path) -> None:
    file = PolicyFile(path)
    away = path.with_suffix(".away")
    path.rename(away)
    file.refresh()
    assert name(file) == "one"
    assert "no policy file" in str(file.problem)
    away.rename(path)
    file.refresh()
    assert file.problem is None


def test_a_broken_file_is_logged_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = PolicyFile(path)
    path.unlink()
    for _ in range(3):
        file.refresh()
    assert len(caplog.records) == 1


def test_many_threads_see_one_whole_policy_or_the_other(path: Path) -> None:
    file = PolicyFile(path, clock=iter(range(10**9)).__next__)  # each look is a second later
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.0005):
            seen.add(name(file))

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(50):
        new = path.with_suffix(".new")
        new.write_text((ONE, TWO)[turn % 2])
        new.replace(path)
        file.refresh()
    done.set()
    for thread in threads:
        thread.join()
    assert seen <= {"one", "two"}
    assert name(file) == "two"
    assert file.problem is None
