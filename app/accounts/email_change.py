"""A new mail address counts once its owner confirms it: signed links that carry the address."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

LIFE = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """Somebody wants this address. `old` makes the link useless once the address has changed."""

    user_id: uuid.UUID
    old: str
    new: str


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="accounts.email_change")


def token_of(secret: str, wish: Wish) -> str:
    """The text that the link carries."""
    return str(_serializer(secret).dumps([str(wish.user_id), wish.old, wish.new]))


def wish_of(secret: str, token: str) -> Wish | None:
    """What a link asks for; None when it was altered or is too old."""
    try:
        user_id, old, new = _serializer(secret).loads(token, max_age=int(LIFE.total_seconds()))
    except BadData:
        return None
    return Wish(uuid.UUID(user_id), old, new)
