"""Stored files: kept once under the hash of their content, checked pictures, and safe sending to a browser."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, utcnow


class StoredFile(Base):
    """A file's content, named by its SHA-256; equal content is stored once."""

    __tablename__ = "stored_files"
    tracked = False
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
