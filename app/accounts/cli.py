"""`bin/wandelwerk user …`: accounts from the command line, such as the first administrator's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from email_validator import EmailNotValidError, validate_email
from flask import Flask
from sqlalchemy.orm import Session

from app import db
from app.accounts import invitations, mails, queries
from app.accounts.models import LinkPurpose, Role, User
from app.config import LANGUAGES

OF_THE_CENTRE = (Role.COACH, Role.MANAGER, Role.ADMIN)


def in_installation(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command within the installation: the outer group keeps in `context.obj` how to enter it.

    So this file need not know the command line it is part of. The command gets the application first.
    """

    @click.pass_context
    @wraps(command)
    def run(context: click.Context, *arguments: Any, **options: Any) -> Any:
        enter: Callable[[Callable[..., Any]], Callable[..., Any]] = context.obj
        return enter(command)(*arguments, **options)

    return run


def add_user(
    session: Session, *, email: str, first_name: str, last_name: str, role: Role, language: str = LANGUAGES[0]
) -> str:
    """Make an account for somebody of the centre; returns the link with which they join, once."""
    try:
        email = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise click.BadParameter(str(error), param_hint="--email") from None
    if not first_name.strip() or not last_name.strip():
        raise click.BadParameter("Both names are needed.", param_hint="--first-name, --last-name")
    account = invitations.invite(
        session, None, email, first_name.strip()[:60], last_name.strip()[:60], role=role, language=language
    )
    return mails.make_url(session, account, LinkPurpose.INVITATION)[0]


def _account(email: str) -> User:
    found = queries.user_by_email(db.session, email)
    if found is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return found


@click.group("user")
def user_group() -> None:
    """Accounts: add, list, disable, new passphrase."""


@user_group.command("add")
@click.option("--email", required=True)
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in OF_THE_CENTRE]))
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@in_installation
def add(_app: Flask, email: str, first_name: str, last_name: str, role: str, language: str) -> None:
    """Add somebody of the centre and print the link with which they set their passphrase, once."""
    link = add_user(
        db.session,
        email=email,
        first_name=first_name,
        last_name=last_name,
        role=Role(role),
        language=language,
    )
    db.session.commit()
    click.echo(link)


@user_group.command("list")
@in_installation
def list_users(_app: Flask) -> None:
    """All accounts, people of the centre first."""
    for account in queries.all_users(db.session):
        state = "disabled" if not account.active else "active" if account.joined_at else "invited"
        click.echo(f"{account.role:<8} {state:<8} {account.email}  {account.name}")


@user_group.command("disable")
@click.argument("email")
@in_installation
def disable(_app: Flask, email: str) -> None:
    """Take an account out of use; its sessions end at once."""
    account = _account(email)
    account.disable(None, queries.count_admins(db.session))
    queries.end_sessions(db.session, account)
    db.session.commit()
    click.echo(f"{account.name} is disabled.")


@user_group.command("reset")
@click.argument("email")
@in_installation
def reset(_app: Flask, email: str) -> None:
    """Print a link with which somebody sets a new passphrase, once, within an hour."""
    account = _account(email)
    if not account.active:
        raise click.ClickException(f"The account of {account.name} is disabled.")
    link, _until = mails.make_url(db.session, account, LinkPurpose.RESET)
    db.session.commit()
    click.echo(link)
