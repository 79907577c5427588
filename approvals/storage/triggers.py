"""What the databases themselves refuse: statements for a new schema beside its tables.

Migrations hold their own copies, because one that was released is never edited.
"""

AUDIT_TRIGGERS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_event_refuses_{verb} BEFORE {verb.upper()} ON audit_event "
        "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END"
        for verb in ("update", "delete")
    ),
    "postgresql": (
        (
            "CREATE FUNCTION audit_event_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'audit events are never changed' USING ERRCODE = '23000'; END $$"
        ),
        (
            "CREATE TRIGGER audit_event_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuses()"
        ),
    ),
}
"""The log is append-only for whoever comes through SQL; the hash chain shows the rest."""
