"""What Alembic runs for every command: migrate on the connection that `upgrade()` hands over.

Never imported by the program; Alembic loads it by its path. The caller owns the transaction.
"""

from alembic import context

from approvals.storage.tables import StoredRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=StoredRow.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
