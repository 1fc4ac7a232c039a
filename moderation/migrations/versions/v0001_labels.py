"""The first tables: labels, and the facts of a store with the key of its hashes."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    facts = op.create_table("facts", sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", sa.Text, nullable=False))
    op.bulk_insert(facts, [{"name": "salt", "value": secrets.token_hex(32)}])
    op.create_table(
        "labels",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("caller", sa.String(32), nullable=False),
        sa.Column("action", sa.String(16)),
        sa.Column("scores", sa.Text, nullable=False),
        sa.Column("section", sa.Text),
        sa.Column("comment_id", sa.Text),
        sa.Column("comment_hash", sa.String(64), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("author_hash", sa.String(64)),
        sa.Column("idempotency", sa.String(64), unique=True),
        sa.Column("request_hash", sa.String(64)),
    )
    op.create_index("labels_created", "labels", ["created", "id"])
    op.create_index("labels_author", "labels", ["author_hash"])


def downgrade() -> None:
    """Remove them, with all that is in them."""
    op.drop_table("labels")
    op.drop_table("facts")
