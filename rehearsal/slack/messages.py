"""Messages and views as the workspace keeps them: every version, never changed in place."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.slack.people import APP_ID, BOT_ID, BOT_USER, TEAM_ID

Json = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """What a message said for a while."""

    text: str
    blocks: list[Json]
    metadata: Json | None
    at: float


@dataclass(frozen=True)
class Message:
    """One message, as it was when it was asked for.

    `thread_ts` is None on a root; `versions` holds every wording, the present one last;
    `visible_to` names the only person who sees it, None for a whole channel.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    versions: tuple[Version, ...] = ()
    visible_to: str | None = None
    source: str = "chat.postMessage"

    def edited(self, text: str, blocks: list[Json], metadata: Json | None, at: float) -> Message:
        version = Version(text, blocks, metadata, at)
        return replace(
            self,
            text=text,
            blocks=blocks,
            metadata=metadata,
            versions=(*self.versions, version),
        )

    def json(self, with_metadata: bool = False) -> Json:
        """The message object of the Web API and of payloads."""
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID}
        if self.blocks:
            shown["blocks"] = copy.deepcopy(self.blocks)
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if len(self.versions) > 1:
            shown["edited"] = {"user": self.user, "ts": f"{self.versions[-1].at:.6f}"}
        if with_metadata and self.metadata:
            shown["metadata"] = copy.deepcopy(self.metadata)
        return shown

    @property
    def everything(self) -> str:
        """Text and blocks in one string, to look for words in."""
        return "\n".join([self.text, *_texts(self.blocks)])


@dataclass(frozen=True)
class View:
    """One open modal or App Home."""

    id: str
    user: str
    payload: Json
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    state: Json = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.payload.get("blocks", [])
        return blocks

    @property
    def callback_id(self) -> str:
        return str(self.payload.get("callback_id", ""))

    @property
    def title(self) -> str:
        return str(self.payload.get("title", {}).get("text", ""))

    @property
    def everything(self) -> str:
        """All its text in one string, to look for words in."""
        return "\n".join([self.title, *_texts(self.blocks)])

    def json(self, state: Json | None = None) -> Json:
        """The view object of the Web API and of payloads."""
        values = self.state if state is None else state
        defaults: Json = {
            "callback_id": "",
            "private_metadata": "",
            "title": None,
            "close": None,
            "submit": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "external_id": "",
        }
        return {
            **defaults,
            **copy.deepcopy(self.payload),
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "state": {"values": copy.deepcopy(values)},
            "hash": self.hash,
            "root_view_id": self.root_view_id,
            "previous_view_id": self.previous_view_id,
        }


def with_ids(blocks: list[Json], random_: random.Random) -> list[Json]:
    """A copy of `blocks` in which every block has a `block_id`, every element an `action_id`.

    Slack makes them up where they were left out, and they show in what it sends.
    """
    filled = copy.deepcopy(blocks)
    for block in filled:
        block.setdefault("block_id", _made_up(random_))
        for element in elements_of(block):
            if element.get("type") not in ("image", "mrkdwn", "plain_text"):
                element.setdefault("action_id", _made_up(random_))
    return filled


def elements_of(block: Json) -> list[Json]:
    """The elements a person can use in one block."""
    lists = {"actions": "elements", "context_actions": "elements", "card": "actions"}
    several = block.get(lists.get(str(block.get("type")), ""))
    if isinstance(several, list):
        return [element for element in several if isinstance(element, dict)]
    single = block.get("accessory") or block.get("element")
    return [single] if isinstance(single, dict) else []


def _made_up(random_: random.Random) -> str:
    return "".join(
        random_.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", k=5)
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    titles = [value["title"]] if isinstance(value.get("title"), str) else []
    return [*titles, *own, *(text for item in value.values() for text in _texts(item))]
