"""Delta tables: their logs, their files, and the one way in which they are changed."""
