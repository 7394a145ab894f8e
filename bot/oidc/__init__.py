"""The identity provider of whoever runs the bot, by OpenID Connect."""
