"""`doctor`, the policy and the schedules: planted faults."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    POLICY,
    Planted,
    Warned,
)

PLANTED: dict[str, Planted] = {
    "the policy is broken": (
        lambda p: p.policy.write_text("[[rule]]\napprovals = maybe\n"),
        "policy",
        "",
        "",
    ),
    "the policy is a folder": (
        lambda p: p.set(IMAGE_BOT_POLICY=str(p.folder)),
        "policy",
        "cannot be read: Is a directory",
        "Check its path",
    ),
    "the policy is no UTF-8": (
        lambda p: p.policy.write_bytes(POLICY.encode("utf-16")),
        "policy",
        "this is not UTF-8 text",
        "Save it as UTF-8",
    ),
    "there is no policy": (lambda p: p.policy.unlink(), "policy", "", "policy.example.toml"),
    "a rule asks for a second factor that nobody can show": (
        lambda p: p.policy.write_text(POLICY + 'step_up = "totp"\n'),
        "second factors",
        "IMAGE_BOT_PUBLIC_URL and IMAGE_BOT_SECOND_FACTOR_KEY are not set",
        "docs/policy.md",
    ),
    "a rule asks for a sign-in that nobody can do": (
        lambda p: p.policy.write_text(POLICY + 'step_up = "oidc"\n'),
        "second factors",
        "IMAGE_BOT_PUBLIC_URL and IMAGE_BOT_OIDC_ISSUER are not set",
        "docs/policy.md",
    ),
    "the key of second factors is too short": (
        lambda p: p.set(
            IMAGE_BOT_PUBLIC_URL="https://bot.example.com", IMAGE_BOT_SECOND_FACTOR_KEY="short"
        ),
        "second factors",
        "fewer than 32 characters",
        "openssl rand",
    ),
    "the schedules file is broken": (
        lambda p: p.set(IMAGE_BOT_SCHEDULES=str(p.schedules("[[schedule]]\nname = 1\n"))),
        "schedules",
        "problems",
        "docs/schedules.md",
    ),
}


WARNED: dict[str, Warned] = {
    "the policy can be written by others": (
        lambda p: p.policy.chmod(0o666),
        "policy",
        "policy.toml can be written by others",
    ),
    "the policy's folder can be written by others": (
        lambda p: p.folder.chmod(0o777),
        "policy",
        "can be replaced by others",
    ),
    "the policy lets anybody do anything": (
        lambda p: p.policy.write_text('[[rule]]\nname = "all"\napprovals = 0\n'),
        "policy",
        "lets anybody in the workspace do anything at once",
    ),
    "the policy lets people approve alone": (
        lambda p: p.policy.write_text(POLICY + "self_approval = true\n"),
        "policy",
        "do it alone",
    ),
}
