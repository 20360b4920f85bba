"""Addresses of the bundled styles, scripts, fonts and icons; frontend/build.mjs makes them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup

DIST = Path(__file__).parent / "static" / "dist"
FONTS = DIST / "fonts"
_URL = "/static/dist/"
_ICON = Markup(
    '<svg class="icon" width="{size}" height="{size}" aria-hidden="true" focusable="false">'
    '<use href="{sprite}#{name}"></use></svg>'
)


_MANIFEST = DIST / "manifest.json"


@lru_cache(maxsize=1)
def _read(_changed_at: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_MANIFEST.read_text("utf-8"))
    return content


def manifest() -> dict[str, Any]:
    """What was built: {"files": {name: hashed name}, "icons": [names]}; empty before the first build."""
    try:
        return _read(_MANIFEST.stat().st_mtime_ns)
    except FileNotFoundError:
        return {"files": {}, "icons": []}


def asset_url(name: str) -> str:
    """The address of a bundled file; its name changes with its content, so it may be cached for ever."""
    return _URL + str(manifest()["files"].get(name, name))


def asset_path(name: str) -> Path:
    """Where a bundled file lies on the disk (for the PDF renderer)."""
    return DIST / str(manifest()["files"].get(name, name))


def icon(name: str, size: int = 20) -> Markup:
    """One symbol of the sprite, drawn in the text's colour; decoration only, the word stands beside it."""
    known = manifest()["icons"]
    if known and name not in known:
        raise LookupError(f"Icon {name!r} is not in frontend/icons.json; add it there and build again.")
    return _ICON.format(size=size, sprite=asset_url("icons.svg"), name=name)


def init_app(app: Flask) -> None:
    """Give templates `asset()` and `icon()`."""
    app.jinja_env.globals |= {"asset": asset_url, "icon": icon}
