"""Image profiles and their tags."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IS_DEFAULT = sa.text("is_default")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "image_profiles",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("api_key_id", Key, nullable=True),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("model_name", Key, nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("updated_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_profiles"),
        sa.UniqueConstraint("user_id", "name", name="uq_image_profiles_user_id_name"),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["provider_keys.id"], name="fk_image_profiles_api_key_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_image_profiles_default", "image_profiles", ["user_id", "is_default"], unique=False)
    op.create_index(
        "uq_image_profiles_default",
        "image_profiles",
        ["user_id"],
        unique=True,
        sqlite_where=IS_DEFAULT,
        postgresql_where=IS_DEFAULT,
    )
    op.create_table(
        "image_profile_tags",
        sa.Column("id", Key, nullable=False),
        sa.Column("image_profile_id", Key, nullable=False),
        sa.Column("tag_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_profile_tags"),
        sa.UniqueConstraint("image_profile_id", "tag_id", name="uq_image_profile_tags_image_profile_id_tag_id"),
        sa.ForeignKeyConstraint(
            ["image_profile_id"],
            ["image_profiles.id"],
            name="fk_image_profile_tags_image_profile_id",
            ondelete="CASCADE",
        ),
    )
