"""The history of a relational directory's tables, for Alembic; `adapters.sql_schema` runs it."""
