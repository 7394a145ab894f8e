"""Approvals that are confirmed by signing in at the identity provider: no sign-in, no vote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browser_of import Browser
from identity_provider import IdentityProvider, Person
from phone import KEY, PUBLIC, Phone
from scenarios.test_hostile_database import write
from scenarios.test_step_up import pending, refusals, rows
from world import BOB, CAT, SNAPSHOT, World

from rehearsal.clock import SkippingClock

CONFIRMED = """
[[rule]]
name = "confirmed"
approvals = 1
approvers = ["U0ANN", "U0BOB", "U0CAT"]
step_up = "oidc"
"""
BOBS, CATS = ("bob@example.com", "bob's"), ("cat@example.com", "cat's")


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(SkippingClock()) as running:
        running.people = {
            BOBS[0]: Person("sub-bob", BOBS[1], {"slack_user_id": BOB}),
            CATS[0]: Person("sub-cat", CATS[1], {"slack_user_id": CAT}),
        }
        yield running


@pytest.fixture
def begin(start: Callable[..., World], provider: IdentityProvider) -> Callable[..., World]:
    """Starts a bot that knows the provider."""

    def started(policy: str = CONFIRMED, **settings: str) -> World:
        at_work = start(policy, **provider.settings(PUBLIC), **settings)
        provider.clock = at_work.clock
        return at_work

    return started


@pytest.fixture
def at_work(begin: Callable[..., World]) -> World:
    return begin()


@pytest.fixture
def bob(at_work: World) -> Browser:
    return Browser(at_work, BOB)


def test_an_approval_counts_once_its_giver_has_signed_in_anew(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    page = bob.opens(link)
    assert "of image 62137902" in page.text
    assert "Sign in and approve" in page.text
    assert "your app shows" not in page.text
    page = bob.confirms(link, *BOBS)
    assert "Your approval counts" in page.text, page.text
    assert bob.cookies == {}
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    (asked,) = provider.asked
    assert (asked["prompt"], asked["max_age"], asked["scope"]) == ("login", "0", "openid")
    (approved,) = rows(at_work, "approved")
    told = approved["step_up"]
    assert (told["method"], told["subject"], approved["actor"]) == ("oidc", "sub-bob", BOB)
    assert (told["amr"], told["acr"]) == (["pwd", "otp"], "urn:example:mfa")
    assert told["issuer"] == provider.issuer
    assert abs(told["auth_time"] - at_work.clock()) < 60
    assert abs(told["at"] - at_work.clock()) < 60
    assert approved["tally"]["step_up"] == "oidc"


def test_of_two_both_sign_in_with_a_client_secret_in_the_form(
    begin: Callable[..., World], provider: IdentityProvider
) -> None:
    provider.takes = ["client_secret_post"]
    at_work = begin(CONFIRMED.replace("approvals = 1", "approvals = 2"))
    root = pending(at_work)
    assert "It waits for 1 more" in Browser(at_work, BOB).approves(root, *BOBS).text
    Browser(at_work, CAT).approves(root, *CATS)
    at_work.reply("completed", root)
    (intent,) = rows(at_work, "intent")
    assert sorted(intent["votes"]) == [BOB, CAT]


def test_whoever_cancels_at_the_provider_can_begin_again(at_work: World, bob: Browser) -> None:
    link = bob.clicks_approve(pending(at_work))
    address = bob.begins(link)
    state = parse_qs(urlsplit(address).query)["state"][0]
    page = bob.opens(f"{PUBLIC}/signed-in?{urlencode({'error': 'access_denied', 'state': state})}")
    assert page.status_code == 403
    assert "not signed in" in page.text
    assert "Your approval counts" in bob.confirms(link, *BOBS).text
    assert refusals(at_work) == ["not-signed-in"]


def test_a_key_that_was_rotated_is_read_anew(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    assert at_work.bot is not None
    client = at_work.bot._deps.step_ups.oidc
    assert client is not None
    client.keys()
    client._keys = (client._keys[0], client._keys[1] - 31)  # read half a minute ago
    provider.rotate_keys()
    assert "Your approval counts" in bob.approves(pending(at_work), *BOBS).text


def test_a_provider_that_is_away_counts_nothing_and_the_link_stays_good(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    provider.is_down = True
    link = bob.clicks_approve(pending(at_work))
    page = bob.sends(link, act="sign-in")
    assert page.status_code == 403
    assert "cannot be asked" in page.text
    provider.is_down = False
    assert "Your approval counts" in bob.confirms(link, *BOBS).text


def test_what_the_operator_asks_for_as_acr_is_asked_and_held(
    begin: Callable[..., World], provider: IdentityProvider
) -> None:
    at_work = begin(IMAGE_BOT_OIDC_ACR="urn:example:mfa urn:example:key")
    bob, root = Browser(at_work, BOB), pending(at_work)
    provider.change = lambda claims: {**claims, "acr": "urn:example:password"}
    page = bob.approves(root, *BOBS)
    assert page.status_code == 403
    assert "without the second factor" in page.text
    provider.change = lambda claims: claims
    assert "Your approval counts" in bob.approves(root, *BOBS).text
    assert provider.asked[0]["acr_values"] == "urn:example:mfa urn:example:key"
    assert refusals(at_work) == ["weak-sign-in"]


# Attacks


def nothing_counted(at_work: World) -> None:
    assert rows(at_work, "approved") == []
    assert at_work.digitalocean.posts == []


def test_a_stolen_slack_session_without_the_sign_in_cannot_approve(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    link = bob.clicks_approve(pending(at_work))  # whoever has the session sees the link as well
    for fields in ({"code": "123456"}, {"code": ""}, {"act": "sign-in", "code": "123456"}):
        bob.sends(link, **fields)
    address = bob.begins(link)
    state = parse_qs(urlsplit(address).query)["state"][0]
    for told in ({"state": state}, {"state": state, "code": "guessed"}):
        page = bob.opens(f"{PUBLIC}/signed-in?{urlencode({**told, 'iss': provider.issuer})}")
        assert page.status_code in (403, 404)
    nothing_counted(at_work)


def test_another_person_s_sign_in_is_not_this_one_s(at_work: World, bob: Browser) -> None:
    page = bob.approves(pending(at_work), *CATS)
    assert page.status_code == 403
    assert "Somebody else signed in" in page.text
    nothing_counted(at_work)
    (refused,) = rows(at_work, "step-up-refused")
    assert (refused["why"], refused["actor"]) == ("another-person", BOB)
    assert "sub-cat" in refused["detail"]
    assert CAT in refused["detail"]


def test_one_person_with_two_users_of_slack_counts_once(
    begin: Callable[..., World], provider: IdentityProvider
) -> None:
    """The provider lets them say which of the two they are; who they are to it stays the same."""
    at_work = begin(CONFIRMED.replace("approvals = 1", "approvals = 2"))
    root = pending(at_work)
    assert "It waits for 1 more" in Browser(at_work, BOB).approves(root, *BOBS).text
    provider.people[BOBS[0]] = Person("sub-bob", BOBS[1], {"slack_user_id": CAT})
    page = Browser(at_work, CAT).approves(root, *BOBS)
    assert page.status_code == 403
    assert "One person counts once" in page.text
    assert refusals(at_work) == ["not-counted"]
    Browser(at_work, CAT).approves(root, *CATS)
    at_work.reply("completed", root)
    (intent,) = rows(at_work, "intent")
    assert sorted(intent["votes"]) == [BOB, CAT]


@pytest.mark.alike
@pytest.mark.parametrize("claim", [None, "", "u0bob", ["U0BOB"], {"id": "U0BOB"}, True])
def test_a_person_of_whom_the_provider_does_not_say_who_they_are_here(
    at_work: World, bob: Browser, provider: IdentityProvider, claim: Any
) -> None:
    provider.people[BOBS[0]].claims = {"slack_user_id": claim, "email": "bob@example.com"}
    assert "Somebody else" in bob.approves(pending(at_work), *BOBS).text
    nothing_counted(at_work)


def test_a_replayed_link_and_a_replayed_answer_are_refused(at_work: World, bob: Browser) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    back = bob.signs_in(bob.begins(link), *BOBS)
    kept = dict(bob.cookies)
    assert "Your approval counts" in bob.opens(back).text
    bob.cookies = kept
    assert bob.opens(back).status_code == 404
    assert "used already" in bob.sends(link, act="sign-in").text
    assert "used already" in bob.opens(link).text
    at_work.reply("completed", root)
    assert len(rows(at_work, "approved")) == 1


def test_an_answer_sent_many_times_at_once_counts_once(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    back = bob.signs_in(bob.begins(bob.clicks_approve(pending(at_work))), *BOBS)
    kept = dict(bob.cookies)

    def again(_: int) -> int:
        browser = Browser(at_work, BOB)
        browser.cookies = dict(kept)
        return browser.opens(back).status_code

    with ThreadPoolExecutor(6) as at_once:
        assert sorted(at_once.map(again, range(6))) == [200, *[404] * 5]
    assert len(provider.token_calls) == 1
    assert len(rows(at_work, "approved")) == 1


def test_an_expired_link_and_a_sign_in_that_takes_too_long(at_work: World, bob: Browser) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    at_work.clock.skip(121)
    assert "expired" in bob.sends(link, act="sign-in").text
    back = bob.signs_in(bob.begins(bob.clicks_approve(root)), *BOBS)
    at_work.clock.skip(301)
    assert "expired" in bob.opens(back).text
    nothing_counted(at_work)
    # whoever pressed the button in time may take longer to sign in
    link = bob.clicks_approve(root)
    address = bob.begins(link)
    at_work.clock.skip(200)
    assert "Your approval counts" in bob.opens(bob.signs_in(address, *BOBS)).text


def test_a_link_for_another_request_approves_that_one_alone(at_work: World, bob: Browser) -> None:
    pending(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    link = bob.clicks_approve(at_work.root("sfo3"))
    assert "Approve request 2" in bob.opens(link).text
    back = bob.signs_in(bob.begins(link), *BOBS)
    write(at_work, "UPDATE step_up_link SET ops_request = 1")  # turned towards the first
    assert bob.opens(back).status_code == 404
    nothing_counted(at_work)


def test_a_code_of_another_sign_in_cannot_be_injected(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    """Mallory, with bob's Slack session, has a code that bob was given for something else."""
    root = pending(at_work)
    bobs_own = bob.signs_in(bob.begins(bob.clicks_approve(root)), *BOBS)
    stolen = parse_qs(urlsplit(bobs_own).query)["code"][0]
    mallory = Browser(at_work, BOB)
    address = mallory.begins(mallory.clicks_approve(root))
    state = parse_qs(urlsplit(address).query)["state"][0]
    told = {"code": stolen, "state": state, "iss": provider.issuer}
    page = mallory.opens(f"{PUBLIC}/signed-in?{urlencode(told)}")
    assert page.status_code == 403
    assert "not signed in" in page.text
    nothing_counted(at_work)
    assert "invalid_grant" in rows(at_work, "step-up-refused")[-1]["detail"]  # by PKCE


def test_an_answer_is_taken_from_the_browser_alone_that_began(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    """Mallory, with bob's Slack session, has bob sign in at the address that she was sent to."""
    mallory = Browser(at_work, BOB)
    back = bob.signs_in(mallory.begins(mallory.clicks_approve(pending(at_work))), *BOBS)
    assert bob.opens(back).status_code == 404
    bob.cookies = {"__Host-sign-in": "A" * 43}
    assert bob.opens(back).status_code == 404
    assert provider.token_calls == []
    nothing_counted(at_work)


def test_the_state_of_another_link_is_refused(at_work: World, bob: Browser) -> None:
    root = pending(at_work)
    first = bob.begins(bob.clicks_approve(root))
    kept = dict(bob.cookies)
    back = bob.signs_in(bob.begins(bob.clicks_approve(root)), *BOBS)
    bob.cookies = kept
    state = parse_qs(urlsplit(first).query)["state"][0]
    other = parse_qs(urlsplit(back).query)["state"][0]
    assert bob.opens(back).status_code == 404
    assert bob.opens(back.replace(other, state)).status_code == 404  # a newer link voided it
    nothing_counted(at_work)


def test_a_provider_that_lets_in_whom_it_remembers_is_not_enough(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    root = pending(at_work)
    bob.signs_in(bob.begins(bob.clicks_approve(root)), *BOBS)
    provider.ignores_prompt = True
    at_work.clock.skip(30)
    page = bob.approves(root, "nobody", "")
    assert page.status_code == 403
    assert "anew" in page.text
    assert refusals(at_work) == ["old-sign-in"]
    nothing_counted(at_work)


BAD_CLAIMS: dict[str, Callable[[dict[str, Any], float], dict[str, Any]]] = {
    "another client": lambda c, _: {**c, "aud": "another"},
    "a second audience, for another": lambda c, _: {**c, "aud": [c["aud"], "x"], "azp": "x"},
    "a second audience, for nobody": lambda c, _: {**c, "aud": [c["aud"], "x"]},
    "azp of another": lambda c, _: {**c, "azp": "another"},
    "another issuer": lambda c, _: {**c, "iss": "https://idp.example.com"},
    "another nonce": lambda c, _: {**c, "nonce": "A" * 43},
    "several nonces": lambda c, _: {**c, "nonce": [c["nonce"], "A" * 43]},
    "no nonce": lambda c, _: _without(c, "nonce"),
    "no subject": lambda c, _: _without(c, "sub"),
    "no issuer": lambda c, _: _without(c, "iss"),
    "no audience": lambda c, _: _without(c, "aud"),
    "no end": lambda c, _: _without(c, "exp"),
    "no auth_time": lambda c, _: _without(c, "auth_time"),
    "auth_time of yesterday": lambda c, now: {**c, "auth_time": int(now) - 86_400},
    "auth_time to come": lambda c, now: {**c, "auth_time": int(now) + 86_400},
    "auth_time as text": lambda c, _: {**c, "auth_time": str(c["auth_time"])},
    "auth_time true": lambda c, _: {**c, "auth_time": True},
    "expired": lambda c, now: {**c, "exp": int(now) - 60},
    "issued to come": lambda c, now: {**c, "iat": int(now) + 3_600},
}


def _without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def test_tokens_that_prove_something_else_are_refused(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    root = pending(at_work)
    for name, change in BAD_CLAIMS.items():
        provider.change = lambda claims, change=change: change(claims, at_work.clock())
        page = bob.approves(root, *BOBS)
        assert page.status_code == 403, (name, page.text)
        at_work.clock.skip(5)  # of refusals some a minute are logged
    assert len(provider.token_calls) == len(BAD_CLAIMS)
    nothing_counted(at_work)
    assert set(refusals(at_work)) == {"not-signed-in", "old-sign-in"}
    provider.change = lambda claims: {**claims, "aud": ["x", claims["aud"]], "azp": claims["aud"]}
    assert "Your approval counts" in bob.approves(root, *BOBS).text


@pytest.mark.alike
@pytest.mark.parametrize("how", ["none", "HS256", "another key"])
def test_tokens_that_the_provider_did_not_sign_are_refused(
    at_work: World, bob: Browser, provider: IdentityProvider, how: str
) -> None:
    if how == "another key":
        provider.foreign_key = True
    else:
        provider.algorithm = how
    page = bob.approves(pending(at_work), *BOBS)
    assert page.status_code == 403
    assert len(provider.token_calls) == 1
    nothing_counted(at_work)
    (refused,) = rows(at_work, "step-up-refused")
    assert refused["why"] == "not-signed-in"


def test_an_answer_of_another_issuer_asks_nobody(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    back = bob.signs_in(bob.begins(bob.clicks_approve(pending(at_work))), *BOBS)
    told = parse_qs(urlsplit(back).query)
    for issuer in ("https://idp.example.com", ""):
        query = {"code": told["code"][0], "state": told["state"][0], "iss": issuer}
        bob.opens(f"{PUBLIC}/signed-in?{urlencode(query)}")
    assert provider.token_calls == []
    nothing_counted(at_work)


def test_a_right_taken_away_while_somebody_signs_in_is_gone(at_work: World, bob: Browser) -> None:
    back = bob.signs_in(bob.begins(bob.clicks_approve(pending(at_work))), *BOBS)
    at_work.policy.write_text(CONFIRMED.replace('"U0BOB", ', ""), encoding="utf-8")
    at_work.until(lambda: "U0BOB" not in at_work.types("policy").text, "the new policy")
    page = bob.opens(back)
    assert page.status_code == 403
    assert "no longer lists you" in page.text
    nothing_counted(at_work)


def test_a_code_does_not_do_where_a_sign_in_is_asked_for_nor_the_other_way_round(
    begin: Callable[..., World], provider: IdentityProvider
) -> None:
    at_work = begin(IMAGE_BOT_SECOND_FACTOR_KEY=KEY)
    app, root = Phone(at_work, BOB), pending(at_work)
    app.enrols()
    link = app.clicks_approve(root)
    page = app.sends(link, code=app.next_code())
    assert "another way" in page.text
    at_work.policy.write_text(CONFIRMED.replace("oidc", "totp"), encoding="utf-8")
    at_work.until(lambda: "one-time code" in at_work.types("policy").text, "the new policy")
    bob = Browser(at_work, BOB)
    page = bob.confirms(link, *BOBS)  # of before: the policy asks for another confirmation now
    assert page.status_code == 403
    link = bob.clicks_approve(root)
    assert "another way" in bob.sends(link, act="sign-in").text
    nothing_counted(at_work)


def test_a_reader_of_the_database_finds_nothing_to_sign_in_with(
    at_work: World, bob: Browser, provider: IdentityProvider
) -> None:
    import sqlalchemy as sa

    address = bob.begins(bob.clicks_approve(pending(at_work)))
    told = parse_qs(urlsplit(address).query)
    (secret,) = bob.cookies.values()
    spelt = (secret, told["state"][0], told["nonce"][0], told["code_challenge"][0])
    assert secret not in address
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        for table in sa.inspect(connection).get_table_names():
            held = str(connection.execute(sa.text(f'SELECT * FROM "{table}"')).all())  # noqa: S608
            assert not any(each in held for each in spelt), table


def test_the_way_there_has_strict_headers(at_work: World, bob: Browser) -> None:
    link = bob.clicks_approve(pending(at_work))
    page = bob.sends(link, act="sign-in")
    told = page.headers
    assert told["Referrer-Policy"] == "no-referrer"
    assert told["Cache-Control"] == "no-store"
    assert "form-action 'self'" in told["Content-Security-Policy"]
    assert "<script" not in page.text
    assert told["Set-Cookie"].startswith("__Host-sign-in=")


def test_a_bot_that_is_not_set_up_for_it_counts_nothing(start: Callable[..., World]) -> None:
    at_work = start(CONFIRMED)
    at_work.clicks("approve", pending(at_work))
    at_work.told("IMAGE_BOT_OIDC_ISSUER", BOB)
    assert at_work.bot is not None
    assert "IMAGE_BOT_OIDC_ISSUER" in at_work.bot.lacks_for_step_up()
    nothing_counted(at_work)
