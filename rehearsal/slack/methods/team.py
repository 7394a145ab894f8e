"""Who the bot is and who the people are: `auth.*`, `bots.*`, `users.*`, `usergroups.*`."""

from __future__ import annotations

from rehearsal.slack.messages import Json
from rehearsal.slack.methods.arguments import Arguments, Method
from rehearsal.slack.people import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID
from rehearsal.slack.violations import ViolationLog
from rehearsal.slack.workspace import SlackError, Workspace


def auth_test(workspace: Workspace, _violations: ViolationLog, _given: Arguments) -> Json:
    org_wide, expires = workspace.is_org_wide, workspace.token_expires
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": "Sandbox",
        "user": workspace.users[BOT_USER].name,
        "team_id": workspace.enterprise_id if org_wide else TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": org_wide,
        **({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {}),
        **({"expires_in": int(expires - workspace.clock.now())} if expires else {}),
    }


def api_test(_workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    if given.text("error"):
        raise SlackError(given.text("error"))
    return {"args": given.given}


def users_info(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    user = workspace.users.get(given.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.json(workspace.enterprise_id)}


def bots_info(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    if given.need("bot") != BOT_ID:
        raise SlackError("bot_not_found")
    name = workspace.users[BOT_USER].name
    return {
        "bot": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "user_id": BOT_USER,
            "name": name,
            "deleted": False,
        }
    }


def usergroups_list(workspace: Workspace, _violations: ViolationLog, given: Arguments) -> Json:
    disabled, with_users = given.flag("include_disabled"), given.flag("include_users")
    groups = [group for group in workspace.groups.values() if group.is_active or disabled]
    return {"usergroups": [group.json(with_users) for group in groups]}


def usergroups_users_list(
    workspace: Workspace, _violations: ViolationLog, given: Arguments
) -> Json:
    group = workspace.groups.get(given.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    if not group.is_active and not given.flag("include_disabled"):
        raise SlackError("subteam_disabled")
    return {"users": list(group.users)}


METHODS = {
    "auth.test": Method(auth_test, tier=4),
    "api.test": Method(api_test, tier=4),
    "users.info": Method(users_info, "users:read", tier=4),
    "bots.info": Method(bots_info, "users:read", tier=3),
    "usergroups.list": Method(usergroups_list, "usergroups:read", tier=2),
    "usergroups.users.list": Method(usergroups_users_list, "usergroups:read", tier=2),
}
