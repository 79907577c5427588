"""The verbs of `/approvals`: one file a verb, one table of all of them (`table`)."""
