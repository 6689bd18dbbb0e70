"""Ending a lake: the destruction, the search for what is left, and the proof that nothing is."""
