"""Whether the installation is well, for monitoring programs and, in full, for administrators."""

from __future__ import annotations

from flask import current_app, g, jsonify
from flask.typing import ResponseReturnValue

from app.accounts.marks import public
from app.accounts.models import Role
from app.accounts.routes import bp
from app.health import health as state_of

OPEN = ("ok", "warnings")


@bp.get("/health")
@public
def health() -> ResponseReturnValue:
    """200 while the installation can work, else 503; figures are for administrators only."""
    state = state_of(current_app)
    user = g.get("user")
    if user is None or user.role is not Role.ADMIN:
        state = {name: state[name] for name in OPEN}
    return jsonify(state), 200 if state["ok"] else 503
