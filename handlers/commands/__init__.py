"""The text after `/image`: its words, and the command they are read into."""
