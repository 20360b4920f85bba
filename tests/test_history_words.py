"""History in words: every tracked column has a name, and values are written as people read them."""

from __future__ import annotations

import datetime as dt
import importlib
import uuid
from typing import Any

import pytest
from flask import Flask

from app import DOMAINS, create_app, history_words
from app.config import Settings
from app.db import Base
from app.history import Entry
from app.history_labels import RECORDS, Kind
from app.words import WORDS


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("words")
    app: Flask = create_app(Settings.from_environment({"INSTANCE_DIR": str(folder)}, testing=True))
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def entry(kind: str = "changed", record: str = "Company", label: str = "Warnow GmbH", **fields: Any) -> Entry:
    at = dt.datetime(2026, 3, 2, 8, 15, tzinfo=dt.UTC)
    return Entry(at, "Anke Krüger", "web", record, uuid.UUID(int=7), label, kind, fields)


def lines(**fields: Any) -> list[str]:
    [row] = history_words.rows([entry(**fields)])
    return row.lines


def test_every_tracked_column_is_named_or_left_out_on_purpose(english: None) -> None:
    for domain in DOMAINS[:-1]:  # the last one, overview, has no tables
        importlib.import_module(f"app.{domain}.models")
    unwritten = {"id", "version"}  # history leaves these out itself
    tracked = {
        mapper.class_.__name__: {column.key for column in mapper.column_attrs} - unwritten
        for mapper in Base.registry.mappers
        if mapper.class_.tracked
    }
    assert {name: set(record.fields) for name, record in RECORDS.items()} == tracked


def test_every_group_of_words_exists(english: None) -> None:
    labels = [label for record in RECORDS.values() for label in record.fields.values() if label]
    assert {label.words for label in labels if label.kind is Kind.WORD} <= set(WORDS)


def test_a_change_says_what_was_and_what_is(english: None) -> None:
    [row] = history_words.rows([entry(status=["prospect", "active"])])
    assert (row.who, row.title) == ("Anke Krüger", "Company: changed")
    assert row.lines == ["Status changed from “Prospect” to “Active”"]


def test_entered_and_removed_values_say_so(english: None) -> None:
    assert lines(website=["", "https://warnow.example"]) == ["Website: “https://warnow.example” entered"]
    assert lines(website=["https://warnow.example", ""]) == ["Website: “https://warnow.example” removed"]


def test_days_numbers_and_yes_or_no_are_readable(english: None) -> None:
    [row] = history_words.rows([entry(record="Contact", main=[False, True])])
    assert row.lines == ["Main contact changed from “no” to “yes”"]
    [row] = history_words.rows([entry(record="CompanyYear", turnover=[100_00, 2_500_00])])
    assert row.lines == ["Turnover changed from “€100.00” to “€2,500.00”"]
    [row] = history_words.rows([entry(record="Commitment", due_on=["2026-03-01", "2026-03-09"])])
    assert row.lines == ["Due on changed from “01/03/2026” to “09/03/2026”"]


def test_archiving_is_an_event_and_not_a_moment(english: None) -> None:
    assert lines(archived_at=[None, "2026-03-02T08:15:00+00:00"]) == ["Archived"]
    assert lines(archived_at=["2026-03-02T08:15:00+00:00", None]) == ["Brought back from the archive"]


def test_keys_and_inner_columns_are_left_out(english: None) -> None:
    assert history_words.rows([entry(name_folded=["a", "b"])]) == []


def test_one_action_on_one_record_is_one_row(english: None) -> None:
    rows = history_words.rows([entry(city=["Rostock", "Wismar"]), entry("created", name=[None, "Warnow"])])
    assert [(row.title, row.lines) for row in rows] == [
        ("Company: added", ["Town changed from “Rostock” to “Wismar”"])
    ]


def test_records_are_named_but_the_company_of_the_page_is_not(english: None) -> None:
    [row] = history_words.rows([entry("created", record="Site", label="Halle 2")])
    assert row.title == "Site Halle 2: added"


def test_parts_of_a_larger_record_are_told_only_when_they_change(english: None) -> None:
    assert history_words.rows([entry("created", record="TimeEntry", minutes=[None, 90])]) == []
    [row] = history_words.rows([entry(record="TimeEntry", label="", minutes=[90, 135])])
    assert (row.title, row.lines[0][:31]) == ("Time entry: changed", "Duration changed from “1 h 30” ")


def test_a_page_about_one_record_leaves_its_name_out(english: None) -> None:
    [row] = history_words.rows([entry("deleted", record="Site", label="Halle 2")], of_one_record=True)
    assert row.title == "Site: removed"


@pytest.mark.parametrize("odd", ["no enum value", 17, ["x"], {"a": "b"}])
def test_a_value_from_an_earlier_version_is_shown_as_it_is(english: None, odd: Any) -> None:
    assert lines(status=["active", odd])[0].startswith("Status changed from “Active” to “")


def test_an_unknown_record_keeps_its_own_name(english: None) -> None:
    [row] = history_words.rows([entry("created", record="Voucher", label="B-7")])
    assert row.title == "Voucher B-7: added"
