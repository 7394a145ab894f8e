"""the requests of an image are found by an index"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_image_action_image", "image_action", ["image_id", "ops_request"])


def downgrade() -> None:
    op.drop_index("ix_image_action_image", "image_action")
