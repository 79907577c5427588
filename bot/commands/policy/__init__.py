"""The commands of `sayso policy` that try a policy: on cases, on recorded calls, on itself."""
