"""People, their images, and the facts of the directory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "avatarium_facts",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(64), nullable=False),
    )
    op.create_table(
        "avatarium_people",
        sa.Column("user_id", sa.String(128), primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("erasures", sa.Integer, nullable=False),
        sa.Column("image_id", sa.String(26)),
        sa.Column("changed_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "avatarium_images",
        sa.Column("image_id", sa.String(26), primary_key=True),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("ix_avatarium_images_user_id", "avatarium_images", ["user_id"])
