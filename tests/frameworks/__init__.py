"""Adapters of frameworks against the real packages, each in an environment of its own.

Their pins clash with ours and with each other's, so `make test-frameworks` sets up one environment
for each lock in here and runs the folder of that name in it (ADR-0038).
"""
