"""Files that people write in TOML: read whole or not at all, each problem told with its line."""
