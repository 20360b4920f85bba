"""Mail: written with the transaction that causes it, sent afterwards by a job, readable without a server."""

from __future__ import annotations

import datetime as dt
import enum
import re
import smtplib
import ssl
import uuid
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from jinja2 import Environment
from sqlalchemy import Index, String, Text, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.config import LOOPBACK, Settings
from app.db import Base, Id, Str60, Str200, enum_column, new_id, utcnow
from app.errors import RuleBroken
from app.jobs import Handler, Progress, TryAgain, enqueue, handler, scheduled

KEEP: Final = dt.timedelta(days=90)
SECONDS_TO_CONNECT: Final = 20
_LINK: Final = re.compile(r"(https?://[^/\s]+)/[^\s]*")


_ADDRESS: Final = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]+@[^@\s<>,;:\"()\[\]\\]+")


class MailState(enum.StrEnum):
    """What became of a mail. OUTBOX: no mail server is set up, it is read in the application.

    UNKNOWN: the connection broke after the text was handed over; the server may have taken it.
    """

    QUEUED = "queued"
    SENT = "sent"
    OUTBOX = "outbox"
    FAILED = "failed"
    UNKNOWN = "unknown"


class OutboxMail(Base):
    """One mail to one person."""

    __tablename__ = "outbox_mails"
    __table_args__ = (Index(None, "state", "created_at"),)
    tracked = False
    id: Mapped[Id]
    message_id: Mapped[Str200] = mapped_column(unique=True)
    sender: Mapped[Str200]
    recipient: Mapped[Str200]
    subject: Mapped[Str200]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    template: Mapped[Str60]
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[MailState] = enum_column(MailState, default=MailState.QUEUED)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    sent_at: Mapped[dt.datetime | None]

    def mark_sent(self) -> None:
        """The server has it. Links in it let their bearer in, so they are not kept longer than needed."""
        self.state, self.sent_at, self.error = MailState.SENT, utcnow(), None
        self.text = _LINK.sub(r"\1/…", self.text)
        self.html = None


def on_its_way(text: str) -> str:
    """What to tell after ordering a mail: without a mail server it waits for an administrator."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.smtp_url:
        return text
    waits = _("No mail server is set up: it lies in the outbox, where an administrator finds the link.")
    return f"{text} {waits}"


def public_address(path: str = "/") -> str:
    """A link for a mail or a command's output; never made from what a browser sends as host."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url + path


def _header(field: str, value: str, limit: int = 200) -> str:
    """A header's value: one line, no control characters, so that nobody adds headers of their own."""
    if any(ord(c) < 32 or ord(c) == 127 or c in "\u2028\u2029\x85" for c in value):
        raise RuleBroken("mail_header", _("Line breaks are not possible here."), field=field)
    return value.strip()[:limit]


def _address(field: str, value: str) -> str:
    """One address with its name or without; a domain with umlauts in the form that mail servers know."""
    name, address = parseaddr(_header(field, value))
    local, _at, domain = address.rpartition("@")
    alone = value.strip() == address or value.strip().endswith(f"<{address}>")
    try:
        known = alone and bool(_ADDRESS.fullmatch(address)) and domain.encode("idna").decode()
    except UnicodeError:
        known = False
    if not known:
        raise RuleBroken("mail_address", _("This is not a mail address."), field=field, value=value)
    address = f"{local}@{known}"
    return formataddr((name, address)) if name else address


def send(
    session: Session,
    to: str,
    subject: Any,
    template: str,
    language: str,
    *,
    sender: str = "",
    **values: Any,
) -> OutboxMail:
    """Write a mail from templates/mails/<template>.txt; it leaves after the caller's commit.

    `subject` may be a lazy text: it is read in the mail's language, not in the sender's.
    """
    settings: Settings = current_app.config["SETTINGS"]
    templates: Environment = current_app.jinja_env
    host = settings.public.hostname or "localhost"
    with force_locale(language):
        text = templates.get_template(f"mails/{template}.txt").render(**values).strip() + "\n"
        line = _header("subject", str(subject))
    mail_id = new_id()
    mail = OutboxMail(
        id=mail_id,
        message_id=f"<{mail_id}@{host}>",
        sender=_address("sender", sender or f"Wandelwerk <noreply@{host}>"),
        recipient=_address("email", to),
        subject=line,
        text=text,
        html=None,
        template=template,
        language=language,
        state=MailState.QUEUED if settings.smtp_url else MailState.OUTBOX,
    )
    session.add(mail)
    if settings.smtp_url:
        enqueue(session, "mail.send", {"mail": str(mail_id)})
    return mail


def message_of(mail: OutboxMail) -> EmailMessage:
    """The mail as it goes over the wire; the same Message-ID on every try makes a second copy known."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, mail.recipient, mail.subject
    message["Message-ID"], message["Date"] = mail.message_id, format_datetime(mail.created_at)
    message["Content-Language"], message["Auto-Submitted"] = mail.language, "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _connect(url: str) -> smtplib.SMTP:
    """A connection that is encrypted, its certificate checked, unless the server is this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=SECONDS_TO_CONNECT, context=context
        )
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS_TO_CONNECT)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif parts.scheme == "smtp" and host not in LOOPBACK:
            raise TryAgain("mail_unencrypted", _("The mail server offers no encryption."))
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def transmit(url: str, message: EmailMessage) -> None:
    """Hand one message to the mail server; TryAgain for what may pass, RuleBroken for what will not."""
    try:
        server = _connect(url)
    except smtplib.SMTPAuthenticationError as error:
        raise TryAgain(
            "mail_sign_in", _("The mail server refused our sign-in (%(code)s).", code=error.smtp_code)
        ) from None
    except (OSError, smtplib.SMTPException):
        raise TryAgain("mail_server", _("The mail server cannot be reached.")) from None
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next((answer[0] for answer in error.recipients.values()), 0)
        _refused(code, _("The mail server does not accept this address (%(code)s).", code=code))
    except smtplib.SMTPResponseException as error:
        _refused(error.smtp_code, _("The mail server refused the mail (%(code)s).", code=error.smtp_code))
    except (OSError, smtplib.SMTPException):
        raise TryAgain("mail_unknown", _("The connection to the mail server broke off.")) from None
    finally:
        server.close()


def _refused(code: int, reason: str) -> None:
    if 500 <= code < 600:
        raise RuleBroken("mail_refused", reason, value=code)
    raise TryAgain("mail_put_off", reason)


@handler("mail.send", max_attempts=6, time_limit=120)
class SendMail(Handler):
    """Sends one mail: the effect no transaction can hold; a kill between sending and noting repeats it."""

    def prepare(self, session: Session, payload: dict[str, Any], progress: Progress) -> bool:
        """Send it, if the job is still ours."""
        mail = session.get(OutboxMail, uuid.UUID(payload["mail"]))
        url = current_app.config["SETTINGS"].smtp_url
        if mail is None or mail.state == MailState.SENT:
            return False
        if url is None:
            raise RuleBroken("mail_not_set_up", _("No mail server is set up (SMTP_URL)."))
        progress(0, 1)
        transmit(url, message_of(mail))
        return True

    def apply(self, session: Session, payload: dict[str, Any], prepared: bool) -> dict[str, Any]:
        """Note that it is sent."""
        if prepared and (mail := session.get(OutboxMail, uuid.UUID(payload["mail"]))) is not None:
            mail.mark_sent()
        return {"sent": prepared}

    def failed(self, session: Session, payload: dict[str, Any], code: str, reason: str) -> None:
        """Show the reason with the mail."""
        if (mail := session.get(OutboxMail, uuid.UUID(payload["mail"]))) is not None:
            mail.state = MailState.UNKNOWN if code == "mail_unknown" else MailState.FAILED
            mail.error = reason


@handler("mail.clean_up")
class CleanUp(Handler):
    """Mails are deleted after three months."""

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """Delete the old ones."""
        old = delete(OutboxMail).where(OutboxMail.created_at < utcnow() - KEEP)
        return {"deleted": session.execute(old).rowcount}  # type: ignore[attr-defined]


scheduled("mail.clean_up", minute="27", hour="3")
