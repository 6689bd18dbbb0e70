"""What goes on in the box's container: a run that is known by its id, whichever box works on it."""
