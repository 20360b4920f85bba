"""What a page tells after an action: done, a note, a problem; reversible things offer to undo."""

from __future__ import annotations

from typing import Any, cast

from flask import flash


def say(text: Any, *, undo_url: str | None = None, kind: str = "done") -> None:
    """Show `text` on the next page; `undo_url` takes a POST that takes the action back."""
    message = {"text": str(text), "undo_url": undo_url} if undo_url else str(text)
    flash(cast("str", message), kind)
