"""The command line: set-up, serving, users, reports, backup; `bin/wandelwerk --help`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import inspect

from app import create_app, db, history
from app.accounts import queries as accounts_queries
from app.accounts.cli import user_group
from app.config import SettingRefused, Settings

ROOT = Path(__file__).parent.parent


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingRefused as refusal:
        raise click.ClickException(str(refusal)) from None


def alembic_config() -> Config:
    """Alembic's configuration from pyproject.toml."""
    return Config(toml_file=ROOT / "pyproject.toml")


def migrate_to_head() -> None:
    """Bring the database to the newest schema; does nothing when it is there."""
    command.upgrade(alembic_config(), "head")


def _is_set_up(app: Flask) -> bool:
    with app.app_context():
        tables = inspect(db.database().engine).get_table_names()
        return "centre" in tables and accounts_queries.is_set_up(db.session)


def needs_database(function: Callable[..., Any]) -> Callable[..., Any]:
    """For commands that work on a set-up installation: hands them the app within its context."""

    @wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        app = create_app(_settings())
        if not _is_set_up(app):
            raise click.ClickException(
                f"The database {app.config['SETTINGS'].instance_dir} is not set up yet. Run: bin/wandelwerk setup"
            )
        with app.app_context():
            history.act_as(db.session, history.Actor(None, "bin/wandelwerk", "cli", function.__name__))
            return function(app, *args, **options)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Wandelwerk: coaching CRM for industrial transformation centres."""


cli.add_command(user_group)

if __name__ == "__main__":
    sys.exit(cli())
