"""Every route says who may open it; an application with an unmarked route refuses to start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from app.accounts.models import Role

View = TypeVar("View", bound=Callable[..., Any])
EVERYONE = tuple(Role)


def allow(*roles: Role) -> Callable[[View], View]:
    """Mark a route: signed-in people of these roles may open it."""

    def mark(view: View) -> View:
        view.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a route: open without signing in."""
    view.allowed_roles = None  # type: ignore[attr-defined]
    return view


def refuse_unmarked_routes(app: Flask) -> None:
    """Refuse to start while a route does not say who may open it."""
    public(app.view_functions["static"])
    unmarked = [name for name, view in app.view_functions.items() if not hasattr(view, "allowed_roles")]
    if unmarked:
        raise RuntimeError("routes without @allow or @public: " + ", ".join(sorted(unmarked)))


def roles_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Roles that may open an endpoint; None when it is public."""
    view: Any = app.view_functions[endpoint]
    roles: frozenset[Role] | None = view.allowed_roles
    return roles
