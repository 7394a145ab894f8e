"""The `views.*` methods: modals and App Home. Source: Slack's method reference."""

from __future__ import annotations

from rehearsal.slack.block_kit import problems_of_view
from rehearsal.slack.messages import Json
from rehearsal.slack.methods.arguments import Arguments, Method, invalid_arguments
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace

STACK = 3
"""Views that can lie on top of each other in one modal."""


def open_(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    payload = _payload(violations, given, "modal", "views.open")
    user = _spend_trigger(workspace, violations, given, "views.open")
    view = workspace.new_view(user, payload)
    workspace.modals[user] = [view]
    return {"view": view.json()}


def push(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    payload = _payload(violations, given, "modal", "views.push")
    user = _spend_trigger(workspace, violations, given, "views.push")
    stack = workspace.modals.get(user, [])
    if len(stack) >= STACK:
        raise SlackError("push_limit_reached")
    view = workspace.new_view(user, payload, stack[-1] if stack else None)
    workspace.modals.setdefault(user, []).append(view)
    return {"view": view.json()}


def update(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    payload = _payload(violations, given, None, "views.update")
    view = workspace.view(given.text("view_id"), given.text("external_id") or None)
    if view is None:
        raise SlackError("not_found")
    if given.text("hash") not in ("", view.hash):
        raise SlackError("hash_conflict")
    changed = workspace.changed_view(view, payload)
    workspace.put_view(changed)
    return {"view": changed.json()}


def publish(workspace: Workspace, violations: ViolationLog, given: Arguments) -> Json:
    payload = _payload(violations, given, "home", "views.publish")
    user = given.need("user_id")
    if user not in workspace.users:
        raise SlackError("user_not_found")
    shown = workspace.homes.get(user)
    if given.text("hash") and shown is not None and given.text("hash") != shown.hash:
        raise SlackError("hash_conflict")
    view = workspace.changed_view(shown, payload) if shown else workspace.new_view(user, payload)
    workspace.homes[user] = view
    return {"view": view.json()}


def checked_view(violations: ViolationLog, payload: object, method: str) -> Json:
    """`payload` when it is a view Slack would take; raises `invalid_arguments` otherwise."""
    if not isinstance(payload, dict):
        raise invalid_arguments("missing required field: view")
    problems = problems_of_view(payload)
    if problems:
        violations.record("blocks", method, "; ".join(problems))
        raise SlackError("invalid_arguments", response_metadata={"messages": problems})
    return payload


def _payload(violations: ViolationLog, given: Arguments, kind: str | None, method: str) -> Json:
    payload = checked_view(violations, given.structure("view"), method)
    if kind and payload.get("type") != kind:
        violations.record("arguments", method, f"takes a view of type {kind}")
        raise invalid_arguments(f"view must be of type {kind}")
    return payload


def _spend_trigger(
    workspace: Workspace, violations: ViolationLog, given: Arguments, method: str
) -> str:
    try:
        return workspace.use_trigger(given.need("trigger_id"))
    except SlackError as error:
        violations.record("trigger", method, error.error)
        raise


METHODS = {
    "views.open": Method(open_, tier=4),
    "views.push": Method(push, tier=4),
    "views.update": Method(update, tier=4),
    "views.publish": Method(publish, tier=4),
}
