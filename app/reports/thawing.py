"""Turns a report's frozen JSON back into its dataclasses, by their types."""

from __future__ import annotations

import datetime as dt
import types
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def thawed(kind: type[T], data: dict[str, Any]) -> T:
    """An object of a frozen dataclass from what `as_data` made of it; unknown keys are left out."""
    hints = _hints(kind)
    names = [f.name for f in fields(kind) if f.name in data]  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], data[name]) for name in names})


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    if get_origin(kind) is tuple:
        return tuple(_value(get_args(kind)[0], one) for one in value)
    if is_dataclass(kind):
        return thawed(kind, value)  # type: ignore[arg-type]
    if kind is dt.datetime:
        return dt.datetime.fromisoformat(value)
    if kind is dt.date:
        return dt.date.fromisoformat(value)
    if kind is Decimal:
        return Decimal(str(value))
    return kind(value) if isinstance(kind, type) and issubclass(kind, StrEnum) else value
