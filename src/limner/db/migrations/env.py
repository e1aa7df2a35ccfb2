"""Run by Alembic: applies migrations over the connection, and within the transaction, that it is handed."""

from alembic import context

from limner.db.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
