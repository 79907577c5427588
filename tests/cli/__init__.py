"""The command line as an operator meets it: one line per mistake, a remedy, an exit code."""
