"""The drawings for page and paper."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from app.charts import (
    PRINT,
    SCREEN,
    Axis,
    Palette,
    field_bars,
    field_mark,
    ladder,
    radar,
    radar_table,
    wrapped,
)
from app.fields import Field

SVG = "{http://www.w3.org/2000/svg}"
FULL = [Axis("Arbeits\u00adstandards", 2, 1, 3), Axis("Material", 3, 3, 4), Axis("Prüfung", 1, 0, 2)]


def drawn(markup: str) -> ET.Element:
    """The drawing as a browser parses it."""
    return ET.fromstring(markup)  # noqa: S314 - our own drawing


def everything(palette: Palette) -> list[str]:
    return [
        radar(FULL, Field.AI, title="A", palette=palette),
        ladder(2, field=Field.AI, title="B", start=1, target=3, claimed=4, palette=palette),
        field_bars({Field.AI: 2.2}, title="C", palette=palette),
        *(field_mark(field, title="D", palette=palette) for field in Field),
    ]


@pytest.mark.parametrize("palette", [SCREEN, PRINT], ids=lambda palette: palette.name)
def test_every_drawing_is_well_formed_and_says_what_it_shows(palette: Palette) -> None:
    for drawing in everything(palette):
        root = drawn(drawing)
        assert root.tag == f"{SVG}svg"
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == root.findtext(f"{SVG}title")


@pytest.mark.parametrize("palette", [SCREEN, PRINT], ids=lambda palette: palette.name)
def test_nothing_needs_an_exception_from_the_content_policy(palette: Palette) -> None:
    for drawing in everything(palette):
        assert re.search(r"\sstyle=|<style|<script|\son\w+=|href=", drawing) is None


def test_colours_follow_the_theme_on_screen_and_are_fixed_on_paper() -> None:
    screen, paper = radar(FULL, Field.AI, title="A"), radar(FULL, Field.AI, title="A", palette=PRINT)
    assert "var(--f-ai)" in screen
    assert re.search(r"#[0-9a-f]{6}", screen) is None
    assert "#b94b08" in paper
    assert "var(" not in paper


def test_a_profile_needs_three_dimensions() -> None:
    assert radar(FULL[:2], Field.AI, title="A") == ""
    assert radar(FULL, Field.AI, title="A") != ""


def test_a_dimension_that_does_not_apply_leaves_a_gap() -> None:
    axes = [*FULL, Axis("Handhabung", None)]
    whole = drawn(radar([*FULL, Axis("Handhabung", 0, 0, 0)], Field.AI, title="A"))
    gap = drawn(radar(axes, Field.AI, title="A"))
    assert len(whole.findall(f"{SVG}circle")) == 4
    assert len(gap.findall(f"{SVG}circle")) == 3
    outline = gap.findall(f"{SVG}path")[-1].attrib["d"]
    assert outline.count("M") == 2  # two open strokes instead of one closed shape
    assert "Z" not in outline


def test_nothing_rated_draws_the_web_alone() -> None:
    root = drawn(radar([Axis(name, None) for name in "abc"], Field.AI, title="A"))
    assert len(root.findall(f"{SVG}path")) == 1


def test_texts_are_escaped() -> None:
    axes = [Axis("<script>alert(1)</script>", 1), *FULL]
    drawing = radar(axes, Field.AI, title='"><b>', description="<i>")
    assert "<script" not in drawing
    assert "<b>" not in drawing
    assert drawn(drawing).attrib["aria-label"] == '"><b> <i>'


def test_on_paper_the_title_takes_in_the_description() -> None:
    """The PDF engine reads the title alone as text alternative."""
    paper = drawn(radar(FULL, Field.AI, title="A.", description="B.", palette=PRINT))
    screen = drawn(radar(FULL, Field.AI, title="A.", description="B."))
    assert paper.findtext(f"{SVG}title") == "A. B."
    assert (screen.findtext(f"{SVG}title"), screen.findtext(f"{SVG}desc")) == ("A.", "B.")


@pytest.mark.parametrize(("level", "filled"), [(None, 0), (0, 0), (1, 1), (5, 5)])
def test_the_ladder_fills_the_level_that_counts(level: int | None, filled: int) -> None:
    root = drawn(ladder(level, field=Field.AI, title="A"))
    segments = root.findall(f"{SVG}rect")
    assert len(segments) == 5
    assert [s.attrib["fill"] == "var(--f-ai)" for s in segments] == [n < filled for n in range(5)]
    assert root.findall(f"{SVG}path") == []


def test_the_ladder_outlines_what_is_claimed_but_does_not_count() -> None:
    segments = drawn(ladder(2, field=Field.AI, title="A", claimed=4)).findall(f"{SVG}rect")
    assert ["stroke" in s.attrib for s in segments] == [False, False, True, True, False]


def test_the_ladder_marks_start_and_target() -> None:
    root = drawn(ladder(2, field=Field.AI, title="A", start=0, target=3))
    wedge, line = root.findall(f"{SVG}path")
    assert wedge.attrib["fill"] == SCREEN.muted
    assert "stroke-dasharray" in line.attrib


def test_a_field_without_a_score_shows_an_empty_bar() -> None:
    root = drawn(field_bars({Field.AI: 2.5, Field.AUTOMATION: None}, title="A"))
    fills = [bar.attrib["fill"] for bar in root.findall(f"{SVG}rect")]
    assert fills == [SCREEN.track, SCREEN.track, SCREEN.track, "var(--f-ai)", SCREEN.track]


def test_every_field_has_its_own_shape() -> None:
    shapes = [re.sub(r"var\([^)]*\)", "", field_mark(field)) for field in Field]
    assert len(set(shapes)) == 4
    assert all('aria-hidden="true"' in shape for shape in shapes)


def test_the_data_table_is_written_by_the_given_formatter_and_escaped() -> None:
    table = radar_table(
        [Axis("A\u00ad<b>", 2.0, None, 3)],
        caption="KI",
        heads=("Merkmal", "Beginn", "Heute", "Ziel"),
        number=lambda value: "–" if value is None else f"{value:.1f}".replace(".", ","),
    )
    assert "<caption>KI</caption>" in table
    assert '<tr><th scope="row">A&lt;b&gt;</th><td>–</td><td>2,0</td><td>3,0</td></tr>' in table


@pytest.mark.parametrize(
    ("label", "room", "lines"),
    [
        ("Daten", 12, ["Daten"]),
        ("Prozess\u00adautomation", 18, ["Prozessautomation"]),
        ("Prozess\u00adautomation", 12, ["Prozess-", "automation"]),
        ("IT-/OT-Sicherheit", 12, ["IT-/OT-", "Sicherheit"]),
        ("Handhabung, Montage und Robotik", 13, ["Handhabung,", "Montage und", "Robotik"]),
        ("eins zwei drei vier", 4, ["eins", "zwei", "drei vier"]),
    ],
)
def test_labels_break_where_words_allow(label: str, room: int, lines: list[str]) -> None:
    assert wrapped(label, room) == lines
