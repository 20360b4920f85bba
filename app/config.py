"""Settings of one installation, read from the environment and checked at start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
LANGUAGES: Final = ("de", "en")
_KNOWN_EXAMPLES: Final = frozenset({"changeme", "secret", "dev", "please-change-me"})


class SettingRefused(ValueError):
    """A setting cannot be used: says its name, its value and what is expected."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r} cannot be used: expected {expected}.")
        self.name, self.value, self.expected = name, value, expected


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations."""

    instance_dir: Path
    database_url: str
    secret_key: str
    public_url: str
    files_dir: Path
    smtp_url: str | None
    max_upload_bytes: int
    web_workers: int
    log_level: str
    testing: bool = False

    @property
    def embedded(self) -> bool:
        """True for the SQLite default: one server, everything below one folder."""
        return self.database_url.startswith("sqlite")

    @property
    def public(self) -> SplitResult:
        """The address that links in mails and cookie flags are made from."""
        return urlsplit(self.public_url)

    @property
    def https(self) -> bool:
        """Whether cookies may be marked Secure."""
        return self.public.scheme == "https"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches the installation."""
        return (self.public.hostname or "") in LOOPBACK

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, testing: bool = False
    ) -> Settings:
        """Read and check every setting; refuse the first wrong one with its name and value."""
        env = os.environ if environment is None else environment
        instance = Path(env.get("INSTANCE_DIR") or "instance").expanduser().resolve()
        database_url = _database_url(env.get("DATABASE_URL") or f"sqlite:///{instance / 'wandelwerk.db'}")
        embedded = database_url.startswith("sqlite")
        instance.mkdir(parents=True, exist_ok=True)
        return cls(
            instance_dir=instance,
            database_url=database_url,
            secret_key=_secret_key(env.get("SECRET_KEY"), instance if embedded else None),
            public_url=_public_url(env.get("PUBLIC_URL") or "http://127.0.0.1:8000"),
            files_dir=Path(env.get("FILES_DIR") or instance / "files").expanduser().resolve(),
            smtp_url=_smtp_url(env.get("SMTP_URL")),
            max_upload_bytes=_whole(env, "MAX_UPLOAD_MB", 25, 1, 500) * 1024 * 1024,
            web_workers=_whole(env, "WEB_WORKERS", 2, 1, 32),
            log_level=_one_of(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
            testing=testing,
        )


def _database_url(url: str) -> str:
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    raise SettingRefused(
        "DATABASE_URL",
        url.rsplit("@", maxsplit=1)[-1],
        "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
    )


def _secret_key(given: str | None, keep_in: Path | None) -> str:
    if given:
        if len(given) < 32 or given.lower() in _KNOWN_EXAMPLES:
            raise SettingRefused("SECRET_KEY", "…", "at least 32 random characters")
        return given
    if keep_in is None:
        raise SettingRefused(
            "SECRET_KEY", "", "at least 32 random characters (it is only made by itself with SQLite)"
        )
    file = keep_in / "secret_key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    key = secrets.token_hex(32)
    with os.fdopen(handle, "w") as out:
        out.write(key)
    return key


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise SettingRefused(
            "PUBLIC_URL", url, "https://HOST or, on this machine only, http://127.0.0.1:PORT"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingRefused("PUBLIC_URL", url, "https:// for every address other than 127.0.0.1")
    return url.rstrip("/")


def _smtp_url(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingRefused(
            "SMTP_URL", url.split("@")[-1], "smtp://USER:PASSWORD@HOST:587 or smtps://…HOST:465"
        )
    return url


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or not low <= int(text) <= high:
        raise SettingRefused(name, text, f"a whole number from {low} to {high}")
    return int(text)


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = (env.get(name) or default).upper()
    if text not in allowed:
        raise SettingRefused(name, text, "one of " + ", ".join(allowed))
    return text
