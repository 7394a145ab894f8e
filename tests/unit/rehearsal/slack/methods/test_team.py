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
