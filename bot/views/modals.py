"""Modals: the forms that a click can open."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import InputBlock, Option, PlainTextInputElement, RadioButtonsElement
from slack_sdk.models.views import View

from bot.views.escape import plain

DENY = "deny"
ADOPT = "adopt"
REASON_LIMIT = 500
"""Characters of a reason; they must fit on a card."""


def deny(request_id: int, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Asks why a request is denied."""
    return _form(
        DENY,
        f"Deny request {request_id}",
        "Deny",
        metadata,
        InputBlock(
            block_id="reason",
            label="Why? The requester sees this.",
            element=PlainTextInputElement(
                action_id="reason", multiline=True, max_length=REASON_LIMIT, min_length=1
            ),
        ),
    )


def adopt(
    request_id: int, candidates: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """Asks which of several actions at DigitalOcean is the one."""
    options = [
        Option(
            value=str(seen["id"]),
            text=plain(f"Action {seen['id']}, {seen['status']}, {seen['started_at']}")[:75],
        )
        for seen in candidates[:10]
    ]
    return _form(
        ADOPT,
        f"Request {request_id}",
        "Follow it",
        metadata,
        InputBlock(
            block_id="action",
            label="Which one is it?",
            element=RadioButtonsElement(action_id="action", options=options),
        ),
    )


def _form(
    callback_id: str, title: str, submit: str, metadata: Mapping[str, Any], field: InputBlock
) -> dict[str, Any]:
    view = View(
        type="modal",
        callback_id=callback_id,
        title=title[:24],
        submit=submit,
        close="Back",
        private_metadata=json.dumps(metadata),
        blocks=[field],
    )
    drawn: dict[str, Any] = view.to_dict()
    return drawn
