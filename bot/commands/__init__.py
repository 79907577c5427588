"""The commands of `sayso`, a module each, found by `bot.cli`; all but `demo` and `sandbox`."""
