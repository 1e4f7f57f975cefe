"""Runs with their registers, and improvement actions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "run",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("scenario", sa.String, nullable=False),
        sa.Column("scenario_sha256", sa.String, nullable=False),
        sa.Column("began_at", instant, nullable=False),
        sa.Column("took_s", sa.Double),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("machine", sa.String, nullable=False),
        sa.Column("postgres", sa.String, nullable=False),
        sa.Column("drill_version", sa.String, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("ran_by", sa.String, nullable=False),
        sa.Column("declared_by", sa.String),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("as_expected", sa.Boolean, nullable=False),
        sa.Column("comparable", sa.Boolean, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("rta_s", sa.Double),
        sa.Column("rpa_s", sa.Double),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
    )
    op.create_index("ix_run_began_at", "run", ["began_at"])
    op.create_index("ix_run_scenario_began_at", "run", ["scenario", "began_at"])
    op.create_table(
        "register",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("register", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("rta_s", "rto_s", "rpa_s", "rpo_s")),
        *(sa.Column(name, sa.Integer) for name in ("lost", "acked")),
        sa.PrimaryKeyConstraint("run_id", "register", name="pk_register"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_register_run_id", ondelete="CASCADE"),
    )
    op.create_table(
        "action",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("scenario", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("run_id", sa.String),
        sa.Column("closed_at", instant),
        sa.Column("outcome", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_action"),
    )
    op.create_index("ix_action_scenario", "action", ["scenario"])
