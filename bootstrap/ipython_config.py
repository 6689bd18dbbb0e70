"""Every notebook of the box starts with a session on the lake."""

c = get_config()  # noqa: F821 - IPython puts it there
c.InteractiveShellApp.exec_lines = ["from lake.box.notebook import open_lake; spark = open_lake()"]
