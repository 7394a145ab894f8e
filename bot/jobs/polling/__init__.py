"""Following image actions in flight, all together, within the token's call budget.

`plan` decides (pure), `listing` knows where actions lie in the account's list, `account`
counts calls, and `follower` reads what the plan says. Nothing here knows the database.
"""
