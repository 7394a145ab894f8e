"""What is said in Slack about second factors: to one person alone."""

from __future__ import annotations

from bot.domain.step_up import APPROVAL_SECONDS, ENROLMENT_SECONDS, Lack, NotFollowed, StepUp
from bot.views import formats

_HOW = {StepUp.TOTP: "Confirm it with your code", StepUp.OIDC: "Confirm it by signing in"}
_SETTINGS = {
    StepUp.TOTP: "`IMAGE_BOT_PUBLIC_URL` and `IMAGE_BOT_SECOND_FACTOR_KEY`",
    StepUp.OIDC: "`IMAGE_BOT_PUBLIC_URL` and `IMAGE_BOT_OIDC_ISSUER`",
}


def confirm_here(link: str, request_id: int, by: StepUp) -> str:
    """To whoever clicked *Approve*: it counts once they have confirmed it."""
    return _confirm(f"Your approval of request {request_id}", link, by)


def confirm_resend_here(link: str, request_id: int, by: StepUp) -> str:
    """The same, of *Send again*."""
    return _confirm(f"Your choice to send request {request_id} again", link, by)


def confirm_policy_here(link: str, by: StepUp) -> str:
    """The same, of approving a changed policy."""
    return _confirm("Your approval of the changed policy", link, by, "the policy in force")


def _confirm(what: str, link: str, by: StepUp, asking: str = "the rule") -> str:
    return (
        f":key: {what} is not counted yet: {asking} asks for your"
        f" second factor. <{link}|{_HOW[by]}>: the link is for you alone, and good"
        f" once, for {formats.duration(APPROVAL_SECONDS)}."
    )


def not_yours() -> str:
    """On a page: the right went away between the click and the confirmation."""
    return "It is not for you to decide, or you have decided it already."


def same_account() -> str:
    """On a page: one person with two users of Slack."""
    return (
        "Somebody has confirmed this as the same account of the identity provider already, under"
        " another name in Slack. One person counts once."
    )


def confirmed_otherwise() -> str:
    """On a page: the policy has come to ask for something else meanwhile."""
    return "The policy asks for another confirmation by now. Click once more in Slack."


def enrol_here(link: str) -> str:
    """To whoever asked for it: where they enrol."""
    return (
        f":key: <{link}|Enrol your second factor>: the link is for you alone, and works once, for"
        f" {formats.duration(ENROLMENT_SECONDS)}. You need an app for one-time codes on your phone,"
        " and, if you enrolled before, a code of the old one."
    )


def link_sent_before() -> str:
    """Slack delivered the command twice."""
    return "A link was sent to you already. `/image second-factor` gives another one."


def not_enrolled() -> str:
    """No second factor, no vote."""
    return (
        "Your approval was not counted: the rule asks for a second factor, and you have enrolled"
        " none. Type `/image second-factor`, then click *Approve* once more."
    )


def lacking(what: Lack, by: StepUp) -> str:
    """Nobody gets a link that they could not use."""
    return not_enrolled() if what is Lack.NOT_ENROLLED else not_set_up(by)


def not_set_up(by: StepUp) -> str:
    """An operator has to do something first."""
    return (
        "This bot is not set up for second factors: its operator has to set"
        f" {_SETTINGS[by]}. Nothing was counted."
    )


def as_a_command() -> str:
    """A link for one person is not sent by way of the queue."""
    return "Type it as a command, `/image second-factor`: the answer is for you alone."


def enrolled() -> str:
    """To the person directly: they should know, whoever did it."""
    return (
        ":key: A second factor was enrolled for you just now. If that was not you, tell your"
        " operator at once: `python -m bot second-factor reset` takes it away."
    )


def was_reset() -> str:
    """The same, of one that an operator took away."""
    return (
        ":key: An operator has reset your second factor. `/image second-factor` enrols a new one."
    )


def not_followed(lacks: NotFollowed) -> str:
    """For whoever runs the bot: a rule that nobody can fulfil."""
    who = "the table [policy]" if lacks.rule is None else f"rule “{lacks.rule}”"
    are = "is" if len(lacks.settings) == 1 else "are"
    return (
        f"{who} asks for a second factor, and {' and '.join(lacks.settings)} {are} not set: nobody"
        " can approve under it"
    )
