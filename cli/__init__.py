"""The `hookline` command: a thin face over the objects that the console uses; it starts the others as processes."""
