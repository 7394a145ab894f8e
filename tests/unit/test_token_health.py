"""What DigitalOcean's answers say of the token, and for how long that is believed."""

from __future__ import annotations

from bot.digitalocean import Call
from bot.observability.token_health import BELIEVED_SECONDS, TokenHealth


def _call(status: int | None, method: str = "GET", path: str = "/v2/images/7") -> Call:
    return Call(method, path, status, 0.1, None, None)


def test_a_success_ends_what_it_is_about() -> None:
    health = TokenHealth()
    health.observe(_call(401))
    health.observe(_call(403, "POST", "/v2/images/7/actions"))
    assert "401" in health.problem()
    health.observe(_call(200))
    assert "401" not in health.problem()
    assert "image:update" in health.problem()
    health.observe(_call(201, "POST", "/v2/images/7/actions"))
    assert health.problem() == ""


def test_a_scope_for_writing_that_nobody_tries_again_is_not_believed_for_ever() -> None:
    now = [0.0]
    health = TokenHealth(lambda: now[0])
    health.observe(_call(403, "POST", "/v2/images/7/actions"))
    now[0] += BELIEVED_SECONDS - 1
    assert health.problem() != ""
    now[0] += 2
    assert health.problem() == ""


def test_a_403_about_one_image_alone_says_nothing_of_the_scope() -> None:
    health = TokenHealth()
    health.observe(_call(200, path="/v2/images/6"))
    health.observe(_call(403))
    health.observe(_call(403))
    assert health.problem() == ""
    health.observe(_call(403, path="/v2/images/8"))
    assert "image:read" in health.problem()
    health.observe(_call(200, path="/v2/images/6"))
    assert health.problem() == ""
    health.observe(_call(403, path="/v2/images"))
    assert "image:read" in health.problem()


def test_no_answer_and_a_broken_one_say_nothing_of_the_token() -> None:
    health = TokenHealth()
    for status in (None, 404, 422, 500, 503):
        health.observe(_call(status))
    health.observe(_call(403, path="/v2/actions"))  # single reads take its place
    assert health.problem() == ""
