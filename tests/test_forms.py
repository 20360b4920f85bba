"""Numbers as people type them, in both notations."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app import create_app
from app.config import Settings
from app.forms import DecimalNumberField, Form


class NumberForm(Form):
    number = DecimalNumberField("Number")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("forms")
    return create_app(Settings.from_environment({"INSTANCE_DIR": str(folder)}, testing=True))


def read(app: Flask, typed: str, lang: str) -> NumberForm:
    with app.test_request_context(headers={"Accept-Language": lang}):
        form = NumberForm(MultiDict({"number": typed}), meta={"csrf": False})
        form.validate()
        assert form.number._value() == typed
        return form


@pytest.mark.parametrize(
    ("typed", "german", "english"),
    [
        ("1234", "1234", "1234"),
        ("43,5", "43.5", "43.5"),
        ("43.5", "43.5", "43.5"),
        ("1.234", "1234", "1.234"),
        ("1,234", "1.234", "1234"),
        ("8.200.000", "8200000", "8200000"),
        ("8,200,000", "8200000", "8200000"),
        ("1.234,56", "1234.56", "1234.56"),
        ("1,234.56", "1234.56", "1234.56"),
        ("1 234 567,8", "1234567.8", "1234567.8"),
        ("-0,5", "-0.5", "-0.5"),
    ],
)
def test_both_notations_are_read_and_one_group_by_the_language(
    bare: Flask, typed: str, german: str, english: str
) -> None:
    assert read(bare, typed, "de").number.data == Decimal(german)
    assert read(bare, typed, "en").number.data == Decimal(english)


@pytest.mark.parametrize("typed", ["1.2.3", "12.34,5.6", "viel", "1,,2", "0x10", "NaN", "1e400"])
def test_anything_else_is_refused_and_stays_on_the_screen(bare: Flask, typed: str) -> None:
    form = read(bare, typed, "de")
    assert form.number.data is None
    assert form.number.errors
