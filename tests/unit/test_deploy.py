"""The dashboard and the alert rules, held against the code and against what Prometheus takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.observability.metrics import Metrics
from bot.slack.socket_mode import Health
from bot.store.stats import AccountLooks, SinkAge, Stats

DEPLOY = Path(__file__).parents[2] / "deploy"
OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"
ALERTS = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS = DASHBOARD["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]

_WORDS = {"sum", "min", "max", "by", "le", "rate", "delta", "histogram_quantile", "absent"}
_WORDS |= {"or", "and", "job", "up", "sink"}
_DURATION = r"\d+(ms|s|m|h|d)"
_METRIC = re.compile(r"\b(?:image_bot|process)_\w+")


def exposed() -> tuple[set[str], dict[str, set[str]]]:
    """Every series that a scrape can have, and the labels of each."""
    account, sinks = AccountLooks(1, 1, 1.0), [SinkAge("file", True, 1.0)]
    stats = Stats({}, {"pending": 1.0}, 1.0, {"check": 1}, 1, 1, account, sinks)
    metrics = Metrics(lambda: stats, lambda: {}, lambda: Health(True, 1.0, 1))
    names: set[str] = set()
    labels: dict[str, set[str]] = {}
    for collector in list(metrics._registry._collector_to_names):
        for family in collector.collect():
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
            own = getattr(collector, "_labelnames", ())
            for suffix in suffixes.get(family.type, [""]):
                names.add(family.name + suffix)
                labels[family.name + suffix] = {*own, "job", "instance", "le"}
            for sample in family.samples:
                labels.setdefault(sample.name, set()).update(sample.labels)
    return names, labels


NAMES, LABELS = exposed()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_asked_for_exists(expression: str) -> None:
    asked = set(_METRIC.findall(expression))
    assert asked or "up" in expression
    assert asked <= NAMES, asked - NAMES


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_label_that_is_asked_for_exists(expression: str) -> None:
    for name, selector in re.findall(r"\b(\w+)\{([^}]*)\}", expression):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector):
            assert name == "up" or label in LABELS[name], (name, label)
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        (name, *_) = _METRIC.findall(expression)
        assert set(grouped.split(", ")) <= LABELS[name], expression


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_shape_of_promql(expression: str) -> None:
    """Brackets close, ranges are durations, functions over time get ranges, no stray word."""
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    assert all(re.fullmatch(_DURATION, r) for r in re.findall(r"\[([^\]]*)\]", expression))
    assert re.findall(r"\b(?:rate|delta)\(", expression) == [
        f"{name}(" for name in re.findall(r"\b(rate|delta)\([^()]*\[\w+\]\)", expression)
    ]
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', "", expression)
    words = set(re.findall(r"[a-z_]\w*", bare))
    labels = {label for each in LABELS.values() for label in each}
    assert words - NAMES <= _WORDS | labels, words


def test_counters_are_only_looked_at_through_rate() -> None:
    for expression in EXPRESSIONS:
        for name in re.findall(r"\b\w+_(?:total|bucket)\b", expression):
            assert re.search(rf"rate\({name}[{{\[]", expression), expression


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_one_that_prometheus_loads(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations", "keep_firing_for"}
    assert re.fullmatch(r"[A-Za-z_]\w*", rule["alert"])
    assert re.fullmatch(_DURATION, rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert all(isinstance(value, str) for value in rule["annotations"].values())
    assert {"summary", "fix"} <= set(rule["annotations"])


def test_names_of_alerts_are_their_own_and_documented() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(re.findall(r"`(ImageBot\w+)`", OPERATE.read_text(encoding="utf-8"))) == set(names)


def test_the_files_hold_only_what_their_programs_know() -> None:
    assert set(ALERTS) == {"groups"}
    assert all(set(group) <= {"name", "interval", "rules"} for group in ALERTS["groups"])
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    for panel in PANELS:
        assert {"id", "title", "type", "gridPos", "targets", "datasource"} <= set(panel)
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    shown = {
        name for panel in PANELS for t in panel["targets"] for name in _METRIC.findall(t["expr"])
    }
    ours = {n for n in NAMES if n.startswith("image_bot") and not n.endswith(("_sum", "_count"))}
    assert ours - shown <= {"image_bot_info", "image_bot_database_up"}
