"""Settings: defaults that work, and a refusal with name, value and expectation for every wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import SettingRefused, Settings

GOOD_KEY = "k" * 40


def settings(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_environment({"INSTANCE_DIR": str(tmp_path / "instance"), **env})


def test_defaults_need_nothing(tmp_path: Path) -> None:
    made = settings(tmp_path)
    assert made.embedded
    assert made.on_loopback
    assert not made.https
    assert made.database_url == f"sqlite:///{tmp_path / 'instance' / 'wandelwerk.db'}"
    assert made.files_dir == tmp_path / "instance" / "files"


def test_the_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first, second = settings(tmp_path), settings(tmp_path)
    assert len(first.secret_key) == 64
    assert first.secret_key == second.secret_key
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o077 == 0


def test_two_instances_share_nothing(tmp_path: Path) -> None:
    one = Settings.from_environment({"INSTANCE_DIR": str(tmp_path / "one")})
    two = Settings.from_environment({"INSTANCE_DIR": str(tmp_path / "two")})
    assert one.secret_key != two.secret_key
    assert one.database_url != two.database_url


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgresql"),
        ("DATABASE_URL", "postgresql+psycopg://db/x", "SECRET_KEY"),
        ("SECRET_KEY", "short", "32"),
        ("PUBLIC_URL", "http://192.168.1.5:8000", "https"),
        ("PUBLIC_URL", "http://crm.example.org", "https"),
        ("PUBLIC_URL", "ftp://crm.example.org", "https"),
        ("PUBLIC_URL", "https://crm.example.org/path", "https"),
        ("SMTP_URL", "mail.example.org", "smtp://"),
        ("MAX_UPLOAD_MB", "many", "whole number"),
        ("MAX_UPLOAD_MB", "0", "from 1 to 500"),
        ("MAX_UPLOAD_MB", "501", "from 1 to 500"),
        ("WEB_WORKERS", "-1", "whole number"),
        ("LOG_LEVEL", "LOUD", "DEBUG"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingRefused) as refusal:
        settings(tmp_path, **{name: value})
    assert expected in str(refusal.value)
    assert refusal.value.name in (name, "SECRET_KEY")


@pytest.mark.parametrize("value", ["1", "500"])
def test_limits_are_inclusive(tmp_path: Path, value: str) -> None:
    assert settings(tmp_path, MAX_UPLOAD_MB=value).max_upload_bytes == int(value) * 1024 * 1024


def test_https_decides_the_cookie_flags(tmp_path: Path) -> None:
    made = settings(tmp_path, PUBLIC_URL="https://crm.example.org", SECRET_KEY=GOOD_KEY)
    assert made.https
    assert not made.on_loopback


def test_a_password_in_a_refused_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused) as refusal:
        settings(tmp_path, DATABASE_URL="oracle://admin:hunter2@db/x")
    assert "hunter2" not in str(refusal.value)
