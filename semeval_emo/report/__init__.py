"""Output of results: a table model, a function per output format, and the views of each command's results."""
