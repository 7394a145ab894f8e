"""What the bot is deployed with: held by its own linters and schemas, and against the code."""

from __future__ import annotations

import configparser
import itertools
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.__main__ import parser
from bot.config import Settings
from bot.secret_files import setting_name

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SETTINGS = {setting_name(name, field) for name, field in Settings.model_fields.items()}
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


COMPOSE, APP = yaml.safe_load(read("compose.yaml")), yaml.safe_load(read(".do/app.yaml"))
TEMPLATE = yaml.safe_load(read(".do/deploy.template.yaml"))
COMPONENTS = [*APP["services"], *APP["workers"], *APP["jobs"]]


def passes(*command: str | Path) -> None:
    """Run a linter: it finds nothing."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def of_the_program(command: str) -> Any:
    """The options that the program reads from a command that someone else runs."""
    _, _, arguments = command.partition("python -m bot ")
    return parser().parse_args(shlex.split(arguments))


def test_the_dockerfile_passes_its_linter() -> None:
    passes(BIN / "hadolint", "Dockerfile")


def test_the_linter_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd / && sudo ls\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="DL3006"):
        passes(BIN / "hadolint", tmp_path / "Dockerfile")


def test_the_image_is_pinned_and_belongs_to_nobody_in_particular() -> None:
    build, run = read("Dockerfile").split("\nFROM ")[1:]
    installs = re.findall(r"-m pip (?:--python \S+ )?(?:install|wheel) [^&]*", build)
    assert len(installs) == 4
    assert all("--require-hashes" in each or "--no-index" in each for each in installs), installs
    assert "pip uninstall" in run
    assert re.search(r"^USER 10001:10001$", run, re.MULTILINE)
    assert "HEALTHCHECK" in run
    named = set(re.findall(r"\b([A-Z][A-Z_]+)=", run))
    assert named - {"PATH", "PYTHONUNBUFFERED"} <= SETTINGS


def test_no_secret_and_no_database_gets_into_the_image() -> None:
    ignored = [line for line in read(".dockerignore").splitlines() if not line.startswith("#")]
    assert ignored[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", read("Dockerfile"), re.MULTILINE)
    names = {name.rstrip("*") for line in copied for name in line.split()}
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == names
    assert {"**/*.db*", "**/.env*"} <= set(ignored)


def test_the_compose_file_keeps_to_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    passes(BIN / "check-jsonschema", *schema, "compose.yaml")


def test_the_compose_file_migrates_first_and_keeps_the_database() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"db", "migrate", "web", "worker"}
    roles = {
        name: of_the_program(shlex.join(services[name]["command"]))
        for name in services
        if name != "db"
    }
    assert (roles["web"].role, roles["worker"].role, roles["migrate"].source) == (
        "web",
        "worker",
        None,
    )
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        needs = {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["depends_on"] == needs
        assert services[name]["read_only"]
        assert set(services[name]["environment"]) <= SETTINGS
    assert services["web"]["ports"] == ["127.0.0.1:3000:3000"]
    assert services["db"]["volumes"] == ["db:/var/lib/postgresql/data"]
    assert ":?" in services["db"]["environment"]["POSTGRES_PASSWORD"]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component["name"])
def test_each_component_of_the_app_runs_what_exists(component: dict[str, Any]) -> None:
    of_the_program(component["run_command"])
    assert (ROOT / component["dockerfile_path"]).is_file()
    assert component["instance_size_slug"] == "apps-s-1vcpu-0.5gb"
    assert component["instance_count"] == 1, "this size takes no more"


def test_the_app_migrates_before_it_deploys_and_has_what_it_needs() -> None:
    (job,), (service,), (worker,) = APP["jobs"], APP["services"], APP["workers"]
    assert (job["kind"], job["run_command"]) == ("PRE_DEPLOY", "python -m bot migrate")
    assert of_the_program(service["run_command"]).role == "web"
    assert of_the_program(worker["run_command"]).role == "worker"
    assert f"PORT={service['http_port']}" in read("Dockerfile")
    given = {each["key"]: each for each in APP["envs"]}
    assert set(given) - {"DIGITALOCEAN_APP_ID"} <= SETTINGS
    (database,) = APP["databases"]
    assert given["DATABASE_URL"]["value"] == f"${{{database['name']}.DATABASE_URL}}"
    tokens = [each for name, each in given.items() if name.endswith("_TOKEN")]
    assert len(tokens) == 3
    assert all((each["type"], each["value"]) == ("SECRET", "EDIT") for each in tokens)


def test_the_template_of_one_click_is_the_same_app_from_a_public_repository() -> None:
    assert set(TEMPLATE) == {"spec"}, "App Platform reads nothing else there"
    spec = TEMPLATE["spec"]
    source = {"repo_clone_url": "https://github.com/EDIT/image-bot.git", "branch": "main"}
    for component in (*spec["services"], *spec["workers"], *spec["jobs"]):
        assert component.pop("git") == source
        component["github"] = {"repo": "EDIT/image-bot", "branch": "main"}
    asked = [each for each in spec["envs"] if "value" not in each]
    assert {each["key"] for each in asked if each["type"] == "SECRET"} == {
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "DIGITALOCEAN_TOKEN",
    }
    for each in asked:
        each["value"] = "EDIT"  # App Platform asks for it
    app = yaml.safe_load(read(".do/app.yaml"))
    for component in (*app["services"], *app["workers"]):
        assert component["github"].pop("deploy_on_push"), "only where it is one's own"
    assert spec == app


ENTRYPOINT = ROOT / "deploy" / "entrypoint.sh"


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        (["demo", "--port", "8080"], ["image-bot", "demo", "--port", "8080"]),
        (["run"], ["image-bot", "run"]),
        (["--version"], ["image-bot", "--version"]),
        (["init", "a b"], ["image-bot", "init", "a b"]),
        (["python", "-m", "bot", "run"], ["python", "-m", "bot", "run"]),
        (["sh", "-c", "true"], ["sh", "-c", "true"]),
    ],
    ids=" ".join,
)
def test_the_container_takes_the_programs_commands_and_others(
    tmp_path: Path, given: list[str], runs: list[str]
) -> None:
    assert ENTRYPOINT.stat().st_mode & 0o111
    for name in ("image-bot", "python", "sh"):
        told = tmp_path / name
        told.write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n', encoding="utf-8")
        told.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", ENTRYPOINT, *given],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == runs


def locked(file: str) -> list[tuple[str, str]]:
    """What a lock names, and in which version; names as an index compares them."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", read(file), re.MULTILINE)
    return [(canonicalize_name(name), version) for name, version in pins]


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-build.lock"])
def test_a_lock_has_the_pinned_versions_and_a_hash_of_each(file: str) -> None:
    pinned = dict(locked("constraints.txt"))
    assert locked(file)
    assert [(n, v) for n, v in locked(file) if pinned.get(n) != v] == [], "say `make lock`"
    lines = [line for line in read(file).splitlines() if not line.startswith("#")]
    for line, after in itertools.pairwise([*lines, ""]):
        assert line.startswith("    --hash=sha256:") or after.startswith("    --hash=sha256:"), line


def test_the_lock_holds_what_runs_and_nothing_else() -> None:
    extras, seen = {"demo", "oidc", "postgres", "signing"}, set()
    open_ = [(each, extras) for each in requires("image-bot") or ()]
    while open_:
        text, asked = open_.pop()
        needed = Requirement(text)
        name = canonicalize_name(needed.name)
        marker = needed.marker
        if marker and not any(marker.evaluate({"extra": e}) for e in {"", *asked}):
            continue
        if (name, frozenset(needed.extras)) not in seen:
            seen.add((name, frozenset(needed.extras)))
            open_ += [(each, needed.extras) for each in requires(name) or ()]
    assert {name for name, _ in seen} == {name for name, _ in locked("requirements.lock")}


def test_what_builds_the_wheel_is_locked_in_a_version_that_it_asks_for() -> None:
    (needed,) = map(Requirement, tomllib.loads(read("pyproject.toml"))["build-system"]["requires"])
    ((name, version),) = locked("requirements-build.lock")
    assert name == needed.name
    assert needed.specifier.contains(version)


def test_the_image_can_play_the_demo() -> None:
    dockerfile = read("Dockerfile")
    assert "-r requirements.lock" in dockerfile
    assert {"aiohttp", "procrastinate"} <= {name for name, _ in locked("requirements.lock")}
    assert 'ENTRYPOINT ["entrypoint.sh"]\nCMD ["run"]' in dockerfile
    assert re.search(r"^COPY deploy/entrypoint.sh /opt/image-bot/bin/", dockerfile, re.MULTILINE)
    (shown,) = re.findall(r"^docker run .*image-bot (demo .*)$", DEPLOY, re.MULTILINE)
    options = of_the_program(f"python -m bot {shown}")
    assert (options.host, options.port) == ("0.0.0.0", 8080)  # noqa: S104 - the container's own
    assert "--publish 127.0.0.1:8080:8080" in DEPLOY, "the page is for this machine"


def test_what_the_package_links_to_is_there_when_the_image_is_built() -> None:
    build, _ = read("Dockerfile").split("\nFROM ")[1:]
    for link in (ROOT / "bot" / "package_data").iterdir():
        if link.is_symlink():
            assert (link.resolve().parent, link.name in build) == (ROOT, True), link


def unit() -> Iterator[tuple[str, str]]:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[method-assign, assignment]  # names keep their case
    parsed.read_string(read("deploy/image-bot.service"))
    yield from parsed["Service"].items()


def test_the_unit_runs_what_exists_as_a_user_of_its_own() -> None:
    service = dict(unit())
    for name in ("ExecStartPre", "ExecStart"):
        of_the_program(service[name])
    assert service["User"] == "image-bot"
    assert f"useradd --system --home-dir /var/lib/{service['StateDirectory']}" in DEPLOY
    for folder in (service["WorkingDirectory"], service["ExecStart"].partition("/.venv")[0]):
        assert folder in DEPLOY


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_unit_passes_systemd(tmp_path: Path) -> None:
    copy = tmp_path / "image-bot.service"
    there = "/opt/image-bot/.venv/bin/python"
    copy.write_text(read("deploy/image-bot.service").replace(there, sys.executable), "utf-8")
    passes("systemd-analyze", "verify", copy)
    passes("systemd-analyze", "security", "--offline=true", "--threshold=15", copy)


def test_hosts_that_build_from_requirements_get_the_pinned_versions() -> None:
    lines = [line for line in read("requirements.txt").splitlines() if not line.startswith("#")]
    assert lines == ["-c constraints.txt", ".[postgres]"]


def test_files_that_the_docs_name_exist() -> None:
    named = re.findall(r"`((?:deploy|\.do|docs)/[\w./-]+|[A-Z]\w+file|\w+\.(?:yaml|txt))`", DEPLOY)
    assert {"deploy/image-bot.service", "deploy/Caddyfile", "Dockerfile", "compose.yaml"} <= set(
        named
    )
    for name in named:
        assert (ROOT / name).exists(), name
    for name in re.findall(r"/opt/image-bot/((?!\.venv)[\w./-]+)", DEPLOY):
        assert (ROOT / name).exists(), name


def test_each_price_is_dated_and_linked() -> None:
    assert "Prices\nchange" in DEPLOY
    priced, _, _ = DEPLOY.partition("## Before")
    assert re.search(r"by November 2026", priced)
    assert len(re.findall(r"\]\(https://[^)]*pricing", priced)) == 4
    for row in re.findall(r"^\| .*\$.*$", priced, re.MULTILINE):
        assert re.search(r"\$\d+", row), row
