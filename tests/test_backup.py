"""Backup and restore: every row of every table and every file, between both databases; nothing by halves."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Enum,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    select,
    text,
    update,
)

from app import backup, db, files
from app.db import Base, UTCDateTime
from app.errors import RuleBroken
from app.files import Folder
from app.jobs import Beat, Job, JobState
from app.mail import MailState, OutboxMail
from tests.tools.installation import own_database, plumbing_app

MakeApp = Callable[[str], Flask]
MOMENT = dt.datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=dt.UTC)  # the hour that comes twice in Berlin


@pytest.fixture(autouse=True)
def _rolled_back() -> None:
    """These tests have databases of their own."""


@pytest.fixture
def installation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeApp]:
    """Makes empty installations on the database that is asked for."""
    with ExitStack() as stack:

        def make(engine: str) -> Flask:
            folder = tmp_path / uuid.uuid4().hex
            folder.mkdir()
            server = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
            url = stack.enter_context(own_database(engine, server, folder))
            return stack.enter_context(plumbing_app(url, folder))

        yield make


# --- an installation with something in every table


WITHIN_LIMITS = {"year": (1990, 2100), "importance": (1, 3)}


def some_value(column: Column[Any], rng: random.Random) -> Any:
    kind = column.type
    if column.nullable and rng.random() < 0.3:
        return None
    values: list[tuple[type, Callable[[], Any]]] = [
        (Enum, lambda: rng.choice(list(kind.enum_class))),  # type: ignore[attr-defined]
        (
            String,
            lambda: f"Größe „{rng.getrandbits(60):x}“ \U0001f3ed\n"[: getattr(kind, "length", None) or 99],
        ),
        (Boolean, lambda: rng.random() < 0.5),
        (Integer, lambda: rng.randint(*WITHIN_LIMITS.get(column.name, (0, 5)))),
        (Float, rng.random),
        (UTCDateTime, lambda: MOMENT + dt.timedelta(microseconds=rng.randint(0, 10**13))),
        (Date, lambda: dt.date(2024, 2, 29) + dt.timedelta(days=rng.randint(0, 900))),
        (Uuid, lambda: uuid.UUID(int=rng.getrandbits(128))),
        (LargeBinary, lambda: rng.randbytes(20)),
        (JSON, lambda: {"de": "Maß", "liste": [1, 0.1, None, True], "tief": {"x": "\u2028"}}),
    ]
    for known, value in values:
        if isinstance(kind, known):
            return value()
    raise AssertionError(f"{column}: the test knows no value of {kind!r}")


def fill(app: Flask, seed: int = 7) -> None:
    """Rows in every table there is, so that a new table or type is tested without anybody thinking of it."""
    rng, made = random.Random(seed), {}  # type: ignore[var-annotated]  # noqa: S311 -- test data
    with app.extensions["database"].engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            rows = [{c.name: some_value(c, rng) for c in table.columns} for _ in range(4)]
            for key in table.foreign_keys:  # row n refers to its parent's row n
                for row, parent in zip(rows, made[key.column.table.name], strict=True):
                    row[key.parent.name] = parent[key.column.name]
            if table.name in ("jobs", "outbox_mails"):
                rows = [row | {"state": "failed"} for row in rows]
            if table.name == "stored_files":
                contents = [rng.randbytes(rng.randint(0, 300_000)) for _ in rows]
                stored = [files.store_of(app).put(io.BytesIO(c)) for c in contents]
                rows = [r | {"sha256": sha, "size": n} for r, (sha, n) in zip(rows, stored, strict=True)]
            connection.execute(table.insert(), rows)
            made[table.name] = rows


def content(app: Flask, table: Table) -> list[Any]:
    with app.extensions["database"].engine.begin() as connection:
        rows = connection.execute(select(table).order_by(*table.primary_key.columns))
        return sorted((tuple(row) for row in rows), key=repr)


def saved(app: Flask, folder: Path) -> Path:
    target = folder / "backup.zip"
    backup.backup(app, target)
    return target


# --- it works


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")],
)
def test_everything_comes_back_on_either_database(
    installation: MakeApp, source: str, target: str, tmp_path: Path
) -> None:
    old, new = installation(source), installation(target)
    fill(old)
    written = backup.backup(old, tmp_path / "backup.zip")
    read = backup.restore(new, tmp_path / "backup.zip")
    assert (read.rows, read.files, read.missing) == (written.rows, 4, [])
    for table in backup.tables():
        assert content(new, table) == content(old, table), table.name
        assert len(content(new, table)) == 4
    for sha, _ in files.store_of(old).shas():
        with files.store_of(old).open(sha) as one, files.store_of(new).open(sha) as other:
            assert one.read() == other.read()


def test_sign_ins_stay_behind(installation: MakeApp, tmp_path: Path) -> None:
    left_out = {t.name for t in Base.metadata.sorted_tables} - {t.name for t in backup.tables()}
    assert left_out == {"beats", "mail_links", "throttles", "user_sessions"}
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    backup.restore(new, saved(old, tmp_path))
    assert content(new, Base.metadata.tables["user_sessions"]) == []


def test_the_secret_key_is_not_in_the_archive(installation: MakeApp, tmp_path: Path) -> None:
    old = installation("sqlite")
    fill(old)
    with zipfile.ZipFile(saved(old, tmp_path)) as archive:
        key = old.config["SETTINGS"].secret_key.encode()
        assert not any(key in archive.read(name) for name in archive.namelist())


def test_a_backup_is_readable_by_its_owner_only_and_is_noted(installation: MakeApp, tmp_path: Path) -> None:
    old = installation("sqlite")
    assert saved(old, tmp_path).stat().st_mode & 0o777 == 0o600
    with old.app_context(), db.database().writing() as session:
        assert db.utcnow() - session.get_one(Beat, "backup").at < dt.timedelta(minutes=1)


def test_a_backup_does_not_write_over_another_unless_told(installation: MakeApp, tmp_path: Path) -> None:
    old = installation("sqlite")
    target = saved(old, tmp_path)
    before = target.read_bytes()
    with pytest.raises(RuleBroken, match="exists already"):
        backup.backup(old, target)
    assert target.read_bytes() == before
    backup.backup(old, target, replace=True)
    with pytest.raises(RuleBroken, match="no folder"):
        backup.backup(old, tmp_path / "nowhere" / "backup.zip")


def test_what_was_under_way_does_not_happen_by_itself_after_a_restore(
    installation: MakeApp, tmp_path: Path
) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    with old.extensions["database"].engine.begin() as connection:
        connection.execute(update(Job).values(state=JobState.QUEUED))
        connection.execute(update(OutboxMail).values(state=MailState.QUEUED))
    backup.restore(new, saved(old, tmp_path))
    with new.app_context(), db.database().writing() as session:
        found = session.execute(select(Job.state, Job.error_code).distinct()).all()
        assert [tuple(row) for row in found] == [(JobState.FAILED, "restored")]
        assert session.scalars(select(OutboxMail.state).distinct()).all() == [MailState.UNKNOWN]


# --- while others write


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_backup_taken_under_writers_is_of_one_moment(
    installation: MakeApp, source: str, tmp_path: Path
) -> None:
    """Writers move amounts from row to row; in every backup the sum is the same."""
    old = installation(source)
    with old.extensions["database"].engine.begin() as connection:
        rows = [{"name": f"c{n:04}", "value": 100} for n in range(1200)]
        connection.execute(Base.metadata.tables["counters"].insert(), rows)
    stop, moves = threading.Event(), []

    def move() -> None:
        rng = random.Random(threading.get_ident())  # noqa: S311 -- test data
        database: db.Database = old.extensions["database"]
        while not stop.is_set():
            one, other = sorted(rng.sample(range(1200), 2))
            with database.writing() as session:
                taken = session.get_one(db.Counter, f"c{one:04}", with_for_update=True)
                given = session.get_one(db.Counter, f"c{other:04}", with_for_update=True)
                taken.value -= 1
                given.value += 1
            moves.append(1)

    threads = [threading.Thread(target=move) for _ in range(2)]
    for thread in threads:
        thread.start()
    sums = []
    for number in range(5):
        target = tmp_path / f"{number}.zip"
        backup.backup(old, target)
        with zipfile.ZipFile(target) as archive:
            sums.append(sum(json.loads(line)["value"] for line in archive.open("tables/counters.jsonl")))
    stop.set()
    for thread in threads:
        thread.join()
    assert sums == [120_000] * 5
    assert len(moves) > 20


# --- bad input


def test_only_an_empty_installation_is_restored_into(installation: MakeApp, tmp_path: Path) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    with new.app_context(), db.database().writing() as session:
        session.add(db.Counter(name="company", value=1))
    with pytest.raises(RuleBroken, match=r"not empty \(counters\)"):
        backup.restore(new, saved(old, tmp_path))
    assert list(files.store_of(new).shas()) == []


def test_another_version_is_named(installation: MakeApp, tmp_path: Path) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    archive = saved(old, tmp_path)
    with new.extensions["database"].engine.begin() as connection:
        connection.execute(text("create table alembic_version (version_num varchar(32))"))
        connection.execute(text("insert into alembic_version values ('0099')"))
    with pytest.raises(RuleBroken, match="Restore it with that version"):
        backup.restore(new, archive)


def changed(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other entries."""
    with zipfile.ZipFile(archive) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    change(entries)
    target = archive.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as out:
        for name, data in entries.items():
            out.writestr(name, data)
    return target


def first(entries: dict[str, bytes], prefix: str) -> str:
    return next(name for name in entries if name.startswith(prefix) and entries[name])


def manifest_says(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries["manifest.json"] = json.dumps(json.loads(entries["manifest.json"]) | values).encode()

    return change


def drop_a_row(entries: dict[str, bytes]) -> None:
    name = first(entries, "tables/users")
    entries[name] = b"".join(entries[name].splitlines(keepends=True)[1:])


def change_a_row(entries: dict[str, bytes]) -> None:
    name = first(entries, "tables/users")
    entries[name] = entries[name].replace(b'"active":true', b'"active":false').replace(b"Gr", b"gr")


def change_a_file(entries: dict[str, bytes]) -> None:
    entries[first(entries, "files/")] = b"something else"


def drop_a_file(entries: dict[str, bytes]) -> None:
    del entries[first(entries, "files/")]


def climb_out(entries: dict[str, bytes]) -> None:
    entries["../../evil.txt"] = b"evil"


def drop_a_table(entries: dict[str, bytes]) -> None:
    del entries["tables/users.jsonl"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_a_row, "rows of users are not those that were saved"),
        (change_a_row, "rows of users are not those that were saved"),
        (change_a_file, "does not match its hash"),
        (drop_a_file, "files, 4 were saved"),
        (climb_out, "other things than a backup"),
        (drop_a_table, "other things than a backup"),
        (manifest_says(format=2), "its format is 2"),
        (manifest_says(product="Other"), "not one of Wandelwerk"),
        (manifest_says(tables={}), "tables are not those of this version"),
        (lambda entries: entries.clear(), "not one of Wandelwerk"),
        (lambda entries: entries.update({"manifest.json": b"\xff"}), "not one of Wandelwerk"),
    ],
)
def test_a_changed_archive_is_refused_before_anything_is_written(
    installation: MakeApp, tmp_path: Path, change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    archive = changed(saved(old, tmp_path), change)
    with pytest.raises(RuleBroken, match=reason):
        backup.restore(new, archive)
    assert list(files.store_of(new).shas()) == []
    assert all(content(new, table) == [] for table in Base.metadata.sorted_tables)


def test_a_damaged_or_strange_file_is_refused(installation: MakeApp, tmp_path: Path) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    whole = saved(old, tmp_path).read_bytes()
    bad = tmp_path / "bad.zip"
    rng = random.Random(3)  # noqa: S311 -- test data
    for damage in (b"", b"hello", whole[: len(whole) // 2], whole[len(whole) // 2 :]):
        bad.write_bytes(damage)
        with pytest.raises(RuleBroken, match="cannot be used"):
            backup.restore(new, bad)
    for _ in range(30):  # one altered byte within the contents
        place = rng.randrange(200, len(whole) * 9 // 10)
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(RuleBroken, match="cannot be used"):
            backup.restore(new, bad)
    with pytest.raises(RuleBroken, match="cannot be read"):
        backup.restore(new, tmp_path / "nothing.zip")
    assert content(new, Base.metadata.tables["users"]) == []


def test_an_archive_that_does_not_fit_on_the_disk_is_refused(installation: MakeApp, tmp_path: Path) -> None:
    old = installation("sqlite")
    fill(old)
    with zipfile.ZipFile(saved(old, tmp_path)) as archive, pytest.raises(RuleBroken, match="0 MB are free"):
        backup.check(archive, room=1000)


def test_a_missing_or_damaged_file_is_named_and_the_rest_is_saved(
    installation: MakeApp, tmp_path: Path
) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    folder = Folder(old.config["SETTINGS"].files_dir)
    gone, damaged, *_ = sorted(sha for sha, _ in folder.shas())
    folder.path(gone).unlink()
    folder.path(damaged).write_bytes(b"not what it was")
    written = backup.backup(old, tmp_path / "backup.zip")
    assert (written.missing, written.files) == ([gone, damaged], 2)
    assert backup.restore(new, tmp_path / "backup.zip").missing == [gone, damaged]


def test_a_restore_that_breaks_off_leaves_an_empty_installation(
    installation: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = installation("sqlite"), installation("sqlite")
    fill(old)
    archive = saved(old, tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(backup, "_settle", lambda _connection: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            backup.restore(new, archive)
    assert all(content(new, table) == [] for table in Base.metadata.sorted_tables)
    backup.restore(new, archive)
    assert len(content(new, Base.metadata.tables["users"])) == 4
