"""Runs migrations on the connection that `adapters.sql_schema` hands over; Alembic loads this file by its path."""

from __future__ import annotations

from alembic import context

from avatarium.adapters.sql_tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
