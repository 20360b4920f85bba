"""Backup and restore: one archive of rows and files that fits SQLite and PostgreSQL alike."""

from __future__ import annotations

import base64
import datetime as dt
import enum
import hashlib
import json
import os
import re
import shutil
import tempfile
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from flask import Flask
from sqlalchemy import (
    Column,
    Connection,
    Date,
    LargeBinary,
    Table,
    Uuid,
    func,
    inspect,
    select,
    text,
    update,
)

from app.db import Base, Database, UTCDateTime, utcnow
from app.errors import RuleBroken
from app.files import CHUNK, StoredFile, store_of
from app.jobs import Job, JobState, beat
from app.mail import MailState, OutboxMail

FORMAT: Final = 1
PRODUCT: Final = "Wandelwerk"
BATCH: Final = 500
LONGEST_LINE: Final = 64 * 1024 * 1024
_FILE: Final = re.compile(r"files/([0-9a-f]{64})\Z")
_PYPROJECT: Final = Path(__file__).parent.parent / "pyproject.toml"


@dataclass(frozen=True)
class Summary:
    """What an archive holds."""

    made_at: str
    rows: int
    files: int
    missing: list[str]


def tables() -> list[Table]:
    """The tables of a backup, parents first. Sign-ins and throttles stay behind: people sign in again."""
    transient = {m.local_table for m in Base.registry.mappers if m.class_.transient}
    return [t for t in Base.metadata.sorted_tables if t not in transient]


def revision(database: Database) -> str:
    """The schema's revision, "" before the first migration."""
    with database.reader.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.scalar(text("select version_num from alembic_version")) or "")


# --- writing


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """One reading transaction: everything as of the same moment, while others go on writing."""
    with database.reader.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    rows = connection.execution_options(yield_per=BATCH).execute(
        select(table).order_by(*table.primary_key.columns)
    )
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in rows.mappings():
            line = json.dumps(dict(row), default=_plain, ensure_ascii=False, separators=(",", ":"))
            data = line.encode() + b"\n"
            digest.update(data)
            out.write(data)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _write_file(archive: zipfile.ZipFile, app: Flask, sha: str) -> bool:
    """Copy a content into the archive; False when it is missing or damaged."""
    try:
        with store_of(app).open(sha) as source:
            if hashlib.file_digest(source, "sha256").hexdigest() != sha:  # type: ignore[arg-type]
                return False
            source.seek(0)
            with archive.open(zipfile.ZipInfo(f"files/{sha}"), "w", force_zip64=True) as out:
                shutil.copyfileobj(source, out, CHUNK)
    except FileNotFoundError:
        return False
    return True


def backup(app: Flask, target: Path, *, replace: bool = False) -> Summary:
    """Write the archive while the application runs; `target` is whole or not there.

    The secret key is not in it: whoever finds a backup cannot sign anything in the installation's name.
    """
    if target.exists() and not replace:
        raise RuleBroken("backup_exists", f"{target} exists already.", value=str(target))
    if not target.parent.is_dir():
        raise RuleBroken("backup_folder", f"There is no folder {target.parent}.", value=str(target))
    database: Database = app.extensions["database"]
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            summary = _write_archive(app, database, out)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    with database.writing() as session:
        beat(session, "backup")
    return summary


def _write_archive(app: Flask, database: Database, out: IO[bytes]) -> Summary:
    made_at = utcnow().isoformat(timespec="seconds")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with _snapshot(database) as connection:
            counts = {table.name: _write_table(archive, connection, table) for table in tables()}
            shas = connection.scalars(select(StoredFile.sha256).order_by(StoredFile.sha256)).all()
        missing = [sha for sha in shas if not _write_file(archive, app, sha)]
        manifest = {
            "product": PRODUCT,
            "format": FORMAT,
            "version": tomllib.loads(_PYPROJECT.read_text())["project"]["version"],
            "revision": revision(database),
            "made_at": made_at,
            "tables": counts,
            "files": len(shas) - len(missing),
            "missing": missing,
        }
        archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    rows = sum(t["rows"] for t in counts.values())
    return Summary(made_at, rows, len(shas) - len(missing), missing)


# --- reading


def _bad(reason: str) -> RuleBroken:
    return RuleBroken("backup_bad", f"This backup cannot be used: {reason}")


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        info = archive.getinfo("manifest.json")
        content = json.loads(archive.read(info)) if info.file_size < 10_000_000 else None
    except (KeyError, ValueError, zipfile.BadZipFile):
        content = None
    if not isinstance(content, dict) or content.get("product") != PRODUCT:
        raise _bad("it is not one of Wandelwerk.")
    if content.get("format") != FORMAT:
        raise _bad(f"its format is {content.get('format')}, this version reads {FORMAT}.")
    if not isinstance(content.get("tables"), dict) or set(content["tables"]) != {t.name for t in tables()}:
        raise _bad("its tables are not those of this version.")
    return cast(dict[str, Any], content)


def _lines(archive: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    with archive.open(f"tables/{table}.jsonl") as source:
        while line := source.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise _bad(f"a row of {table} is too long.")
            yield line


def _check_table(archive: zipfile.ZipFile, table: str, promised: dict[str, Any]) -> None:
    digest, count = hashlib.sha256(), 0
    for line in _lines(archive, table):
        digest.update(line)
        count += 1
    if count != promised["rows"] or digest.hexdigest() != promised["sha256"]:
        raise _bad(f"the rows of {table} are not those that were saved ({count} of {promised['rows']}).")


def _check_file(archive: zipfile.ZipFile, name: str, sha: str) -> None:
    with archive.open(name) as source:
        if hashlib.file_digest(source, "sha256").hexdigest() != sha:  # type: ignore[arg-type]
            raise _bad(f"the content of {name} does not match its hash.")


def check(archive: zipfile.ZipFile, room: int) -> dict[str, Any]:
    """Read the whole archive before anything is written: names, sizes, every count and every hash."""
    manifest = _manifest(archive)
    expected = {"manifest.json"} | {f"tables/{name}.jsonl" for name in manifest["tables"]}
    names = [info.filename for info in archive.infolist()]
    files = {name: match[1] for name in names if (match := _FILE.match(name))}
    if len(set(names)) != len(names) or set(names) - set(files) != expected:
        raise _bad("it holds other things than a backup does.")
    if len(files) != manifest["files"]:
        raise _bad(f"it holds {len(files)} files, {manifest['files']} were saved.")
    size = sum(info.file_size for info in archive.infolist())
    if size > room:
        raise _bad(f"it needs {size // 1_000_000} MB, {room // 1_000_000} MB are free.")
    try:
        for name, promised in manifest["tables"].items():
            _check_table(archive, name, promised)
        for name, sha in files.items():
            _check_file(archive, name, sha)
    except (zipfile.BadZipFile, EOFError, OSError, KeyError, TypeError) as error:
        raise _bad(f"it is damaged ({error}).") from None
    return manifest


def _refuse_unless_empty(connection: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise RuleBroken(
                "restore_not_empty",
                f"This installation is not empty ({table.name}).",
                way_out="Restore into a new INSTANCE_DIR or an empty database.",
            )


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UTCDateTime):
        return dt.datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return dt.date.fromisoformat(value)
    if isinstance(column.type, Uuid):
        return uuid.UUID(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    return value


def _load_table(archive: zipfile.ZipFile, connection: Connection, table: Table, rows: int) -> None:
    batch: list[dict[str, Any]] = []
    for line in _lines(archive, table.name):
        row = json.loads(line)
        batch.append({column.name: _value(column, row[column.name]) for column in table.columns})
        if len(batch) == BATCH:
            connection.execute(table.insert(), batch)
            batch = []
    if batch:
        connection.execute(table.insert(), batch)
    if connection.scalar(select(func.count()).select_from(table)) != rows:
        raise _bad(f"not all rows of {table.name} arrived.")


def _settle(connection: Connection) -> None:
    """Nothing that was under way when the backup was made happens a second time by itself."""
    reason = "This was under way when the backup was made."
    live = Job.state.in_((JobState.QUEUED, JobState.LEASED))
    connection.execute(
        update(Job)
        .where(live)
        .values(state=JobState.FAILED, error_code="restored", error_text=reason, finished_at=utcnow())
    )
    connection.execute(
        update(OutboxMail)
        .where(OutboxMail.state == MailState.QUEUED)
        .values(state=MailState.UNKNOWN, error=reason)
    )


def restore(app: Flask, source: Path) -> Summary:
    """Bring a backup into an empty installation with a migrated database: wholly, or not at all."""
    database: Database = app.extensions["database"]
    folder: Path = app.config["SETTINGS"].instance_dir
    try:
        archive = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise _bad(f"{source} cannot be read ({error}).") from None
    with archive:
        manifest = check(archive, shutil.disk_usage(folder).free)
        if manifest["revision"] != revision(database):
            raise RuleBroken(
                "restore_version",
                f"This backup is of version {manifest['version']} (schema {manifest['revision']}).",
                way_out="Restore it with that version of Wandelwerk and upgrade afterwards.",
            )
        with database.reader.connect() as connection:
            _refuse_unless_empty(connection)
        for info in archive.infolist():
            if _FILE.match(info.filename):
                with archive.open(info) as content:
                    store_of(app).put(cast(Any, content))
        with database.engine.begin() as connection:
            _refuse_unless_empty(connection)
            for table in tables():
                _load_table(archive, connection, table, manifest["tables"][table.name]["rows"])
            _settle(connection)
    rows = sum(t["rows"] for t in manifest["tables"].values())
    return Summary(manifest["made_at"], rows, manifest["files"], manifest["missing"])
