"""Slack's Web API as the jobs need it: post, edit, answer, look up; typed failures.

Nothing here retries or sleeps: messages wait in the database (`bot.store.outbox`).
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.credential import Credential
from bot.domain.membership import Account
from bot.slack.command_name import DEFAULT, in_its_name
from bot.slack.errors import (
    UNREADABLE,
    ChannelLost,
    NoSuchPerson,
    SlackFailure,
    SlackRefused,
    SlackUnavailable,
    arrived,
    failure_of,
    retry_after,
)
from bot.slack.replies import Reply, part, parts, text, texts
from bot.slack.tls import verifying
from bot.views.message import Message

CALL_SECONDS = 10
"""How long one call may take; less than a send is held (`bot.store.sending.HOLD_SECONDS`)."""
METADATA_EVENT = "image_bot_card"
"""The `event_type` of the metadata by which a message of ours is recognised after a crash."""

_NO_PLACE = "ok_without_ts"
"""Our own word for a post that Slack took without saying where it is."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Posted:
    """Where a message is now."""

    channel: str
    ts: str


class Slack:
    """The workspace, through one bot token.

    Args:
        client: with the token, the API's address and no retry handlers.
    """

    def __init__(self, client: WebClient, command: str = DEFAULT) -> None:
        self._client = client
        self._token = Credential(client.token or "")
        self._command = command
        self._team_url = ""

    @property
    def token(self) -> str:
        """The bot token that is sent now."""
        return self._token.value

    def replace_token(self, token: str) -> bool:
        """Send another token from now on; return once no call with the one before is under way.

        Returns:
            False: a call with the one before outlasted the time that one may take.
        """
        self._client.token = token
        return self._token.replace(token, CALL_SECONDS)

    def post(
        self, channel: str, drawn: Message, *, card_id: int, thread_ts: str | None = None
    ) -> Posted:
        """Post a message, marked with the card's id.

        Raises:
            SlackFailure: one of its kinds above.
        """
        if not thread_ts:
            self._learn_address()  # now: no call may come between a post and its being recorded
        answer = self._call(
            self._client.chat_postMessage,
            channel=channel,
            text=drawn.text,
            blocks=drawn.blocks,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_EVENT, "event_payload": {"card": card_id}},
        )
        ts = text(answer, "ts") or text(part(answer, "message"), "ts")
        if not ts or not text(answer, "channel"):
            raise SlackRefused(_NO_PLACE)  # it stands somewhere, and can never be edited
        return Posted(text(answer, "channel"), ts)

    def say(self, channel: str, said: str) -> None:
        """Post a text that is about no request, and is never edited.

        Raises:
            SlackFailure: one of its kinds above.
        """
        self._call(self._client.chat_postMessage, channel=channel, text=said)

    def messages(self, channel: str) -> Iterator[Mapping[str, Any]]:
        """The messages of a channel, newest first, without those in threads.

        Raises:
            SlackFailure: no `channels:history`, not in the channel, or Slack is out of reach.
        """
        cursor, seen = "", {""}
        while True:
            asked = {"channel": channel, "limit": 200, "cursor": cursor}
            page = self._call(self._client.conversations_history, **asked)
            yield from parts(page, "messages")
            cursor = text(part(page, "response_metadata"), "next_cursor")
            if cursor in seen:
                return
            seen.add(cursor)

    def edit(self, channel: str, ts: str, drawn: Message) -> Posted:
        """Replace a message; blocks are always sent, or Slack keeps the old buttons.

        Raises:
            SlackFailure: one of its kinds above.
        """
        self._call(
            self._client.chat_update, channel=channel, ts=ts, text=drawn.text, blocks=drawn.blocks
        )
        return Posted(channel=channel, ts=ts)

    def answer(self, response_url: str, drawn: Message, *, replace: bool = False) -> None:
        """Tell one person through the `response_url` of what they did (5 times in 30 minutes).

        Args:
            replace: take the place of the message whose button was clicked.

        Raises:
            SlackUnavailable: out of reach.
            ChannelLost: the address is used up or too old.
        """
        if not _is_slacks(response_url, self._client.base_url):
            raise ChannelLost("response_url is not an address of Slack's")
        tls = verifying() if response_url.startswith("https:") else None
        webhook = WebhookClient(response_url, timeout=CALL_SECONDS, ssl=tls, retry_handlers=[])
        try:
            reply = webhook.send(
                text=in_its_name(drawn.text, self._command),
                blocks=in_its_name(drawn.blocks, self._command) or None,
                response_type="ephemeral",
                replace_original=replace,
            )
        except (OSError, http.client.HTTPException) as error:
            raise SlackUnavailable(type(error).__name__, arrived=arrived(error)) from error
        if reply.status_code == 429 or reply.status_code >= 500:
            raise SlackUnavailable(f"status {reply.status_code}", retry_after(reply.headers))
        if reply.status_code >= 400:
            raise ChannelLost(f"response_url status {reply.status_code}")

    def whisper(
        self, channel: str, person: str, drawn: Message, thread_ts: str | None = None
    ) -> None:
        """Show one person a message in a channel; it is gone when they reload.

        Raises:
            SlackFailure: the bot or the person is not in the channel, or Slack is out of reach.
        """
        self._call(
            self._client.chat_postEphemeral,
            channel=channel,
            user=person,
            text=drawn.text,
            blocks=drawn.blocks or None,
            thread_ts=thread_ts,
        )

    def find(self, channel: str, thread_ts: str | None, card_id: int) -> str | None:
        """The `ts` of the message that carries this card's id, or None.

        Reading history needs scopes that the bot does not ask for (`channels:history`,
        `metadata.message:read`): without them the answer is None.
        """
        try:
            if thread_ts:
                answer = self._call(
                    self._client.conversations_replies,
                    channel=channel,
                    ts=thread_ts,
                    limit=200,
                    include_all_metadata=True,
                )
            else:
                answer = self._call(
                    self._client.conversations_history,
                    channel=channel,
                    limit=200,
                    include_all_metadata=True,
                )
        except SlackFailure:
            return None
        for found in parts(answer, "messages"):
            metadata = part(found, "metadata")
            is_ours = metadata.get("event_type") == METADATA_EVENT
            if is_ours and part(metadata, "event_payload").get("card") == card_id:
                return text(found, "ts") or None
        return None

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; empty where the team's own could not be read."""
        if not self._team_url:
            return ""
        return f"{self._team_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"

    def _learn_address(self) -> None:
        if not self._team_url:
            with suppress(SlackFailure):
                self._team_url = text(self.who_am_i(), "url")

    def who_am_i(self) -> Mapping[str, Any]:
        """`auth.test`: `url`, `team`, `team_id`, `enterprise_id`, `user_id`, `bot_id`.

        Raises:
            SlackFailure: the token is not good, or Slack is out of reach.
        """
        return self._call(self._client.auth_test)

    def account(self, person: str) -> Account:
        """Where a person belongs (`users.info`).

        Raises:
            NoSuchPerson: it is not one of this workspace.
            SlackFailure: no `users:read`, or Slack is out of reach.
        """
        user = self._user(person)
        if not user:
            raise SlackUnavailable(UNREADABLE)
        grid, team = part(user, "enterprise_user"), text(user, "team_id")
        return Account(
            team=team,
            enterprise=text(grid, "enterprise_id"),
            teams=(texts(grid, "teams") or frozenset()) | ({team} - {""}),
            is_external=bool(user.get("is_stranger")),
        )

    def has_left(self, person: str) -> bool:
        """Whether an account is deactivated, or not there (`users.info`).

        Raises:
            SlackFailure: no `users:read`, or Slack is out of reach.
        """
        try:
            user = self._user(person)
        except NoSuchPerson:
            return True
        return user.get("deleted") is True

    def _user(self, person: str) -> Reply:
        """What Slack says of somebody (`users.info`); empty where it says nothing."""
        try:
            return part(self._call(self._client.users_info, user=person), "user")
        except (SlackRefused, ChannelLost) as refused:
            if refused.error in ("user_not_found", "user_not_visible"):
                raise NoSuchPerson(refused.error) from refused
            raise

    def group_members(self, group_id: str) -> frozenset[str]:
        """The people in a user group.

        Raises:
            SlackFailure: no such group, no `usergroups:read`, or Slack is out of reach.
        """
        answer = self._call(self._client.usergroups_users_list, usergroup=group_id)
        members = texts(answer, "users")
        if members is None:
            raise SlackUnavailable(UNREADABLE)
        return members

    def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open a modal; a `trigger_id` lives 3 s and works once. The view's id.

        Raises:
            SlackFailure: too late, or Slack is out of reach.
        """
        answer = self._call(self._client.views_open, trigger_id=trigger_id, view=view)
        return text(part(answer, "view"), "id")

    def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Draw an open modal anew.

        Raises:
            SlackFailure: it was closed, or Slack is out of reach.
        """
        self._call(self._client.views_update, view_id=view_id, view=view)

    def publish_home(self, person: str, view: Mapping[str, Any]) -> None:
        """Show a person their App Home.

        Raises:
            SlackFailure: there is no such person, or Slack is out of reach.
        """
        self._call(self._client.views_publish, user_id=person, view=view)

    def _call(self, method: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        try:
            with self._token.in_use():
                data = method(**arguments).data
        except SlackApiError as error:
            raise failure_of(error) from error
        except (OSError, http.client.HTTPException, SlackClientError) as error:
            raise SlackUnavailable(type(error).__name__, arrived=arrived(error)) from error
        except AttributeError as error:  # slack_sdk takes any JSON for an object
            raise SlackUnavailable(UNREADABLE) from error
        if not isinstance(data, dict):
            raise SlackUnavailable(UNREADABLE)
        return data


def _is_slacks(response_url: str, api_url: str) -> bool:
    """Whether the bot may send to it: https, or this machine where Slack's API is here too.

    It comes in a payload. Whoever could forge one must not make the bot call addresses that
    only the bot can reach.
    """
    try:
        to, api = urlsplit(response_url), urlsplit(api_url)
    except ValueError:
        return False
    if api.hostname in _LOOPBACK:
        return to.scheme in ("http", "https") and to.hostname in _LOOPBACK
    host, slack = to.hostname or "", (api.hostname or "").removeprefix("www.")
    return to.scheme == "https" and (host == slack or host.endswith(f".{slack}"))
