"""The four fields of transformation (Handlungsfelder): fixed keys in a fixed order, everywhere."""

from __future__ import annotations

import enum


class Field(enum.StrEnum):
    """A field of transformation; order, colour and shape are the same on screens, charts and paper."""

    AUTOMATION = "automation"
    DIGITALIZATION = "digitalization"
    AI = "ai"
    DECARBONIZATION = "decarbonization"
