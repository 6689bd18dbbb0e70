"""The `lake` command and the set-up of the machine it runs on."""
