"""What `make bench` runs: ratios within one run against named baselines, never timed tests.

`python -m benchmarks [NAME …]` runs all or the named ones; what each compares stands in its own
module's docstring and in docs/reference/benchmarks.md. Everything stays on this machine.
"""
