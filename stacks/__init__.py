"""The stacks: one file each, a page of wiring."""
