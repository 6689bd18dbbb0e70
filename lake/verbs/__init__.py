"""One file per verb: what the user may say, and whom to call with it."""
