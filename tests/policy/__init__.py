"""The policy: rules, the file they are read from, and the commands that explain them."""
