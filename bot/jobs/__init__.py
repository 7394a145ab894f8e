"""The jobs of an ops request, one file each. All are idempotent: state is the truth.

check → (people decide) → submit → follow; `deliver` brings Slack up to date after each.
"""
