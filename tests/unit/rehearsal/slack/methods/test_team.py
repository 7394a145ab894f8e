"""People and user groups."""

from __future__ import annotations


def test_people(web, error_of):
    assert web.users_info(user="U0ANN")["user"]["name"] == "ann"
    assert web.users_info(user="U0BOT")["user"]["is_bot"]
    assert error_of(web.users_info, user="U0NOBODY") == "user_not_found"


def test_user_groups(sandbox, web, error_of):
    groups = web.usergroups_list(include_users=True)["usergroups"]
    assert {group["id"]: group["users"] for group in groups} == {
        "S0OPS": ["U0ANN", "U0BOB"],
        "S0LEADS": ["U0BOB", "U0CAT"],
    }
    assert "users" not in web.usergroups_list()["usergroups"][0]
    assert web.usergroups_users_list(usergroup="S0LEADS")["users"] == ["U0BOB", "U0CAT"]
    assert error_of(web.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"
    sandbox.slack.set_user_group("S0OPS", ["U0CAT"])
    assert web.usergroups_users_list(usergroup="S0OPS")["users"] == ["U0CAT"]


def test_people_can_be_added(sandbox, web):
    sandbox.slack.add_user("U0EVE", "eve")
    assert web.users_info(user="U0EVE")["user"]["real_name"] == "Eve"
    assert web.chat_postEphemeral(channel="C0OPS", user="U0EVE", text="hello")["ok"]


def test_api_test(web, error_of):
    assert web.api_test(foo="bar")["ok"]
    assert error_of(web.api_test, error="my_error") == "my_error"


def test_an_org_wide_installation_is_of_no_workspace(sandbox, web):
    assert web.auth_test()["is_enterprise_install"] is False
    sandbox.slack.install_org_wide("E0ORG")
    told = web.auth_test()
    assert (told["is_enterprise_install"], told["team_id"], told["enterprise_id"]) == (
        True,
        "E0ORG",
        "E0ORG",
    )


def test_where_tokens_are_rotated_they_end_after_half_a_day(sandbox, web, error_of):
    assert "expires_in" not in web.auth_test()
    token = sandbox.slack.turn_on_token_rotation()
    assert token.startswith("xoxe.xoxb-")
    assert error_of(web.auth_test) == "invalid_auth"
    web.token = token
    assert 0 < web.auth_test()["expires_in"] <= 12 * 3600
    sandbox.slack.advance(12 * 3600)
    assert error_of(web.auth_test) == "token_expired"
