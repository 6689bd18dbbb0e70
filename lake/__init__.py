"""The `lake` command: what a person types, one file per verb."""
