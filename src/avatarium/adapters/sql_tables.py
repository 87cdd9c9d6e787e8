"""The tables of a relational directory, as SQLAlchemy knows them.

They say how rows are read and written; how they come to be is said by `migrations/`, and a test compares the
two on every engine.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text

TABLES: Final = MetaData()
FACTS: Final = Table(
    "avatarium_facts",
    TABLES,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
)
"""What is true of the whole directory: its epoch."""
PEOPLE: Final = Table(
    "avatarium_people",
    TABLES,
    Column("user_id", String(128), primary_key=True),
    Column("name", Text),
    Column("revision", Integer, nullable=False),
    Column("erasures", Integer, nullable=False),
    Column("image_id", String(26)),
    Column("changed_at", Float(53), nullable=False),
)
IMAGES: Final = Table(
    "avatarium_images",
    TABLES,
    Column("image_id", String(26), primary_key=True),
    Column("user_id", String(128), nullable=False, index=True),
    Column("record", Text, nullable=False),
)
VERSION_TABLE: Final = "avatarium_schema"
"""Where Alembic keeps the revision of our tables, apart from a host application's own."""
