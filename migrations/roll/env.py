"""Applies the migrations of this store in one transaction."""

from alembic import context

from consultation.roll.tables import metadata

with context.config.attributes["database"].write() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    context.run_migrations()
