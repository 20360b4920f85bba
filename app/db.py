"""The database: declarative base, column types, engine set-up for SQLite and PostgreSQL, and the session."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Annotated, Any, ClassVar, cast

import pysqlite3.dbapi2 as sqlite
import uuid_utils.compat
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.local import LocalProxy

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def new_id() -> uuid.UUID:
    """A UUIDv7: sorts by the moment it was made."""
    return uuid_utils.compat.uuid7()


_moment: ContextVar[dt.datetime | None] = ContextVar("moment", default=None)


def utcnow() -> dt.datetime:
    """The present moment, aware, in UTC; within `dated` the moment given there."""
    return _moment.get() or dt.datetime.now(dt.UTC)


@contextmanager
def dated(moment: dt.datetime) -> Iterator[None]:
    """Write what the block does as of an earlier moment: the demo centre has a past."""
    token = _moment.set(moment.astimezone(dt.UTC))
    try:
        yield
    finally:
        _moment.reset(token)


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment: refuses naive values, stores UTC, returns aware ones on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

Bilingual = dict[str, str]
"""A text in both languages: {"de": …, "en": …}."""

Id = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=new_id, sort_order=-2)]
Str20 = Annotated[str, mapped_column(String(20))]
Str60 = Annotated[str, mapped_column(String(60))]
Str200 = Annotated[str, mapped_column(String(200))]
Long = Annotated[str, mapped_column(Text)]
Cents = Annotated[int, mapped_column(BigInteger)]
Minutes = Annotated[int, mapped_column(Integer)]


def enum_column(kind: type[enum.StrEnum], **options: Any) -> Any:
    """A column for a StrEnum, stored by value and checked by the database."""
    column_type = Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=30,
        values_callable=lambda k: [m.value for m in k],
    )
    return mapped_column(column_type, **options)


class Base(DeclarativeBase):
    """All tables. `tracked`: history records the changes. `transient`: worthless elsewhere, not backed up."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        dt.datetime: UTCDateTime(),
        dt.date: Date(),
        uuid.UUID: Uuid(),
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
        list[dict[str, str]]: Json,
    }
    tracked = True
    transient = False

    def history_label(self) -> str:
        """What the history calls this record."""
        return str(getattr(self, "number", None) or getattr(self, "name", None) or "")

    def history_company(self) -> uuid.UUID | None:
        """The company whose history this record belongs to."""
        return getattr(self, "company_id", None)


class Versioned:
    """Optimistic locking: a form carries the version it was opened with."""

    version: Mapped[int] = mapped_column(Integer, default=1, sort_order=90)
    __mapper_args__: ClassVar = {"version_id_col": version}


class Counter(Base):
    """The last number given out in a series, e.g. company numbers."""

    __tablename__ = "counters"
    tracked = False
    name: Mapped[Str60] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(Integer, default=0)


def next_number(session: Session, series: str) -> int:
    """The next number of a series without gaps by rollback; the row lock makes it unique."""
    statement = select(Counter).where(Counter.name == series).with_for_update()
    counter = session.scalar(statement)
    if counter is None:
        with suppress(IntegrityError), session.begin_nested():  # somebody else may begin it just now
            session.add(Counter(name=series, value=0))
        counter = session.scalars(statement).one()
    counter.value += 1
    session.flush()
    return counter.value


def make_engine(url: str) -> Engine:
    """An engine whose transactions are safe under concurrent writers.

    SQLite: WAL, foreign keys, BEGIN IMMEDIATE for writers and a query-only BEGIN for readers.
    PostgreSQL: timeouts per connection, READ ONLY transactions for readers.
    """
    if url.startswith("sqlite"):
        if sqlite.sqlite_version_info < (3, 51, 3):
            raise RuntimeError(f"SQLite {sqlite.sqlite_version} has the WAL-reset bug; 3.51.3 is needed")
        engine = create_engine(url, module=sqlite, connect_args={"timeout": 10}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "options": "-c statement_timeout=30000 -c lock_timeout=10000"
                " -c idle_in_transaction_session_timeout=120000 -c timezone=UTC"
            },
        )
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "synchronous=FULL",
        "trusted_schema=OFF",
        "mmap_size=0",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reader = connection.get_execution_options().get("reader", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reader else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")


class Database:
    """The engine of one application and the sessions that it hands out."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.reader = self.engine.execution_options(reader=True, postgresql_readonly=True)
        self.joined: Connection | None = None  # tests run everything inside one outer transaction

    def new_session(self, *, reader: bool = False) -> Session:
        """A session of its own transaction; `reader` ones cannot write."""
        info = {"reader": reader}
        if self.joined is not None:
            return Session(
                self.joined, join_transaction_mode="create_savepoint", info=info, expire_on_commit=False
            )
        return Session(self.reader if reader else self.engine, info=info, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A short write of its own, committed at the end: for what must be kept whatever follows."""
        own = self.new_session()
        try:
            yield own
            own.commit()
        finally:
            own.close()


def database() -> Database:
    """The running application's database."""
    return cast("Database", current_app.extensions["database"])


def _current_session() -> Session:
    if "db_session" not in g:
        reading = has_request_context() and request.method in SAFE_METHODS
        g.db_session = database().new_session(reader=reading)
    return cast(Session, g.db_session)


session: Session = cast(Session, LocalProxy(_current_session))
"""The session of this request, command or job; requests that must not write get a reading one."""


def init_app(app: Flask) -> None:
    """Connect the application to its database and close each context's session."""
    app.extensions["database"] = Database(app.config["SETTINGS"].database_url)

    @app.teardown_appcontext
    def close_session(_error: BaseException | None) -> None:
        if has_app_context() and (open_session := g.pop("db_session", None)) is not None:
            open_session.close()
