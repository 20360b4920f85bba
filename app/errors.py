"""Refusals that a person can act on: what rule, which field and value, which limit, which way out."""

from __future__ import annotations

from typing import Any


class RuleBroken(Exception):
    """A business rule refuses an action; shown to the user alike on a page, in a fragment or as JSON.

    `code` is stable for machines, the texts are in the user's language (lazy strings are fine).
    """

    def __init__(
        self,
        code: str,
        message: Any,
        *,
        field: str | None = None,
        value: Any = None,
        limit: Any = None,
        way_out: Any = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message = code, message
        self.field, self.value, self.limit, self.way_out = field, value, limit, way_out

    def __str__(self) -> str:
        text = str(self.message)
        return f"{text} {self.way_out}" if self.way_out else text


class NotAllowed(Exception):
    """The record is visible to the user, but this action on it is not theirs (403)."""


class NotFound(Exception):
    """There is no such record within what the user may see (404)."""


class TooManyTries(Exception):
    """A throttle holds the caller back for `seconds` (429)."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds
