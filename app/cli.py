"""The command line: set-up, serving, people, reports, backup; see `bin/wandelwerk --help`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app import backup as backups
from app import create_app, db, history, serving, worker
from app.accounts.cli import add_user, user_group
from app.accounts.models import Role
from app.config import SettingRefused, Settings
from app.demo.building import build_demo
from app.errors import RuleBroken
from app.health import health as state_of
from app.i18n import today
from app.reports.cli import write_progress
from app.setup import is_set_up, migrate, set_up

SIGN_INS = "demo-sign-ins.txt"


def _application() -> Flask:
    try:
        return create_app(Settings.from_environment())
    except SettingRefused as refusal:
        raise click.ClickException(str(refusal)) from None


def needs_set_up(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a command the application within its context; says so when it is not set up."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        app = _application()
        with app.app_context():
            if not is_set_up(app):
                raise click.ClickException("This installation is not set up yet. Run: bin/wandelwerk setup")
            db.session.rollback()  # a look must not hold SQLite's write lock while the command runs
            history.act_as(db.session, history.Actor(None, "bin/wandelwerk", "cli", function.__name__))
            try:
                return function(app, *arguments, **options)
            except RuleBroken as rule:
                raise click.ClickException(str(rule)) from None

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """Wandelwerk: coaching CRM for industrial transformation centres."""
    os.umask(0o077)  # the database, files and reports are for nobody else on this machine
    context.obj = needs_set_up


def _prepare(app: Flask, *, empty: bool) -> None:
    settings: Settings = app.config["SETTINGS"]
    done = set_up(app, None if empty else lambda session: build_demo(session, today(), settings.instance_dir))
    if not done.first_time:
        return
    click.echo(f"Set up in {settings.instance_dir}: {'demo centre' if done.demo else 'empty centre'}.")
    if not done.demo:
        _first_administrator(app)


def _first_administrator(app: Flask) -> None:
    """Ask for the first administrator where somebody can answer; say how to add one otherwise."""
    if not sys.stdin.isatty():
        click.echo("Add the first administrator: bin/wandelwerk user add --role admin --email …")
        return
    click.echo("Who is the first administrator?")
    with app.app_context():
        link = add_user(
            db.session,
            email=click.prompt("  E-mail"),
            first_name=click.prompt("  First name"),
            last_name=click.prompt("  Last name"),
            role=Role.ADMIN,
        )
        db.session.commit()
    click.echo(f"  Set the passphrase within 14 days, once the server runs: {link}")


@cli.command()
@click.option("--empty", is_flag=True, help="Leave out the demo centre and ask for the first administrator.")
def setup(empty: bool) -> None:
    """Migrate, load the reference data and, on the first run, the demo centre."""
    _prepare(_application(), empty=empty)
    click.echo("Ready. Start it with bin/serve.")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="On the first run: no demo centre.")
def serve(host: str, port: int, empty: bool) -> None:
    """Set up what is missing, then run the web server and the background worker until Ctrl-C."""
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    app = _application()
    _prepare(app, empty=empty)
    settings: Settings = app.config["SETTINGS"]
    app.extensions["database"].engine.dispose()
    try:
        serving.serve(settings, host, port, greeting=_greeting(settings))
    except SettingRefused as refusal:
        raise click.ClickException(str(refusal)) from None


def _greeting(settings: Settings) -> str:
    """The address and, for a demo on this machine, how to sign in."""
    lines = [f"Wandelwerk: {settings.public_url}  (Ctrl-C ends it)"]
    file = settings.instance_dir / SIGN_INS
    if file.exists() and settings.on_loopback:
        lines.append(file.read_text(encoding="utf-8").rstrip())
    return "\n".join(lines)


@cli.command(name="worker")
def run_worker() -> None:
    """Run the background worker only (bin/serve starts one by itself)."""
    serving.work(_application())


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Overwrite the file if it exists.")
@needs_set_up
def backup(app: Flask, file: Path, replace: bool) -> None:
    """Write everything into one FILE, consistent while the server runs."""
    summary = backups.backup(app, file, replace=replace)
    click.echo(f"{file}: {summary.rows} rows, {summary.files} files.")
    for sha in summary.missing:
        click.echo(f"  missing in the file store: {sha}", err=True)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring a backup FILE into an empty installation; every hash and count is checked."""
    migrate()
    app = _application()
    with app.app_context():
        try:
            summary = backups.restore(app, file)
        except RuleBroken as rule:
            raise click.ClickException(str(rule)) from None
    click.echo(f"Restored {summary.rows} rows and {summary.files} files from {summary.made_at}.")


@cli.command()
@needs_set_up
def health(app: Flask) -> None:
    """Say how the installation is; exit code 1 when something needs attention."""
    state = state_of(app)
    click.echo(json.dumps(state, indent=2, default=str))
    sys.exit(0 if state["ok"] else 1)


@cli.command()
@needs_set_up
def jobs(app: Flask) -> None:
    """Run all background jobs that are due, then end."""
    click.echo(f"{worker.run_pending(app)} jobs run.")


@cli.group()
def report() -> None:
    """Write reports to files."""


@report.command()
@click.option("--company", "number", required=True, help="The company's number, e.g. U-0001.")
@click.option("--lang", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="State of this day (default: today).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@needs_set_up
def progress(_app: Flask, number: str, lang: str, as_of: Any, out: Path) -> None:
    """Write a company's progress report as it stands, marked as a draft, without issuing it."""
    day: date | None = as_of.date() if as_of else None
    out.write_bytes(write_progress(db.session, number, lang, day))
    click.echo(f"{out}: {out.stat().st_size} bytes")


cli.add_command(user_group)

if __name__ == "__main__":
    cli(prog_name="bin/wandelwerk")
