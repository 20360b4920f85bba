"""The progress report as people get it: complete, in order, on paper and on screen, in both languages."""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from PIL import Image

from app.charts import SCREEN
from app.reports import pdf, rendering
from app.reports.progress import CompanyCard, ProgressReport
from app.reports.rendering import Pictures
from tests.reports.examples import realistic, report
from tests.tools import pdfcheck

EVIL = '<script>alert(1)</script><img src="file:///etc/passwd">{{ 7*7 }}'


def stored(content: ProgressReport, folder: Path, pictures: Pictures | None = None) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(rendering.progress_pdf(content, pictures))
    return path


def text(path: Path, *options: str) -> str:
    done = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def words(path: Path) -> str:
    return " ".join(text(path).split())


def one_assessment(language: str) -> ProgressReport:
    full = realistic(language, start=None, visits=(), measures=(), commitments=(), next_visit=None)
    fields = []
    for found in full.fields:
        dimensions = tuple(replace(d, start=None, target=None) for d in found.dimensions)
        fields.append(replace(found, change=None, target_score=None, dimensions=dimensions))
    return replace(full, fields=tuple(fields))


LONG_NAME = (
    "Łódźer Größtmöglichkeits-Präzisionsteilefertigungsgesellschaft Măgură & Ștefănescu mbH & Co. KG 中 😀"
)
CASES = {
    "german": lambda: realistic("de"),
    "draft": lambda: realistic("de", number=None, issued_on=None),
    "first assessment": lambda: one_assessment("en"),
    "nothing yet": lambda: report("en", number=None, issued_on=None, coach=None),
    "long and foreign names": lambda: realistic("de", company=CompanyCard("U-0009", LONG_NAME, "Wąchock")),
}


@pytest.mark.parametrize("case", CASES)
def test_every_report_keeps_both_standards(paper: Flask, case: str, tmp_path: Path) -> None:
    assert pdfcheck.check(stored(CASES[case](), tmp_path)) == []


def test_logos_stand_in_it_with_their_names(paper: Flask, tmp_path: Path) -> None:
    for name, colour in (("logo", "#0b5563"), ("funder", "#003399")):
        Image.new("RGBA", (300, 90), colour).save(tmp_path / f"{name}.png")
    pictures = Pictures(*((tmp_path / f"{name}.png").read_bytes() for name in ("logo", "funder")))
    path = stored(realistic("de"), tmp_path, pictures)
    assert pdfcheck.check(path) == []
    with pikepdf.open(path) as found:
        alternatives = [
            str(o["/Alt"]) for o in found.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o
        ]
    assert "Logo: Transformationszentrum Musterküste" in alternatives
    assert "Logo des Fördergebers" in alternatives


def test_one_days_data_gives_the_same_bytes(paper: Flask) -> None:
    assert rendering.progress_pdf(realistic("de")) == rendering.progress_pdf(realistic("de"))


def test_the_attached_data_is_the_reports_own(paper: Flask, tmp_path: Path) -> None:
    content = realistic("de")
    path = stored(content, tmp_path)
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, path], check=True)
    taken_out = (tmp_path / "FB-2026-0117.json").read_bytes()
    assert taken_out == content.to_json()
    with pikepdf.open(path) as found:
        specification = found.attachments["FB-2026-0117.json"]
        assert specification.get_file().md5 == hashlib.md5(taken_out, usedforsecurity=False).digest()
        assert str(specification.obj.AFRelationship) == "/Data"


def test_it_reads_in_the_order_in_which_it_is_meant(paper: Flask, tmp_path: Path) -> None:
    read = " ".join(text(stored(realistic("de"), tmp_path), "-raw").split())
    expected = [
        "Fortschrittsbericht", "Warnow Präzisionsteile GmbH, Rostock",
        "Seit der ersten Aufnahme im September 2025",
        "Zeitraum", "22.09.2025 – 21.11.2026", "Besuche", "11 (25 h 30)", "Wo Sie stehen",
        "Automatisierung", "Digitalisierung", "Künstliche Intelligenz", "Dekarbonisierung",
        "Rüsten und Instandhaltung", "Angegeben wurde Stufe 4; ohne Nachweis zählt höchstens Stufe 2.",
        "Besuche und was vereinbart wurde", "18.11.2026", "Energieverbrauch 2025 je Energieträger liefern",
        "Erste Reifegradaufnahme", "Roadmap: was läuft und was folgt", "Erledigt", "Rüstworkshop (SMED)",
        "Jetzt", "überfällig", "Zurückgestellt", "Halle wird 2027 umgebaut", "Als Nächstes",
        "Donnerstag, 3. Dezember 2026, 9:00 Uhr", "Ihr Kontakt", "Anke Krüger", "So lesen Sie diesen Bericht",
        "Gefördert vom Land Mecklenburg-Vorpommern",
    ]  # fmt: skip
    place = 0
    for wanted in expected:
        found = read.find(wanted, place)
        assert found >= 0, f"{wanted!r} does not follow {read[max(0, place - 60) : place]!r}"
        place = found


def test_the_cover_says_the_result(paper: Flask, tmp_path: Path) -> None:
    cover = " ".join(text(stored(realistic("en"), tmp_path), "-l", "1").split())
    assert (
        "your company is at least one level further in 14 of 21 dimensions. 4 of 9 measures are done."
        in cover
    )


def test_the_cover_stays_one_page_with_long_names_and_many_sentences(paper: Flask, tmp_path: Path) -> None:
    full = realistic("de", company=CompanyCard("U-0009", LONG_NAME, "Ribnitz-Damgarten"))
    dimensions = [replace(d, effective=0, level=0) for d in full.fields[0].dimensions[:2]]
    worse = replace(full.fields[0], dimensions=(*dimensions, *full.fields[0].dimensions[2:]))
    pages = text(stored(replace(full, fields=(worse, *full.fields[1:])), tmp_path)).split("\f")
    assert "niedriger als zu Beginn" in pages[0]
    assert "Stufen 0 (innen) bis 5 (außen)" in pages[0]
    assert "Was heute zutrifft" in pages[1]


@pytest.mark.parametrize(
    ("language", "last", "issue"),
    [
        ("de", "Seite {0} von {1}", "FB-2026-0117 · ausgestellt am 21.11.2026"),
        ("en", "Page {0} of {1}", "FB-2026-0117 · issued on 21/11/2026"),
    ],
)
def test_every_page_has_number_and_day_of_issue(
    paper: Flask, language: str, last: str, issue: str, tmp_path: Path
) -> None:
    pages = text(stored(realistic(language), tmp_path)).split("\f")[:-1]
    assert 5 <= len(pages) <= 8
    for number, page in enumerate(pages, start=1):
        assert last.format(number, len(pages)) in page
        assert issue in page
        assert ("· Warnow Präzisionsteile GmbH" in page) == (number > 1)
        assert "Entwurf" not in page


def test_a_draft_says_so_on_every_page_and_has_no_number(paper: Flask, tmp_path: Path) -> None:
    path = stored(realistic("de", number=None, issued_on=None), tmp_path)
    for page in text(path).split("\f")[:-1]:
        assert "Entwurf, nicht ausgestellt" in page
        assert "Entwurf · Stand 21.11.2026" in page
        assert "FB-" not in page
    with pikepdf.open(path) as found:
        assert list(found.attachments) == ["U-0001-2026-11-21.json"]


def test_the_window_shows_title_and_firm(paper: Flask, tmp_path: Path) -> None:
    with pikepdf.open(stored(realistic("de"), tmp_path)) as found:
        assert (
            str(found.docinfo["/Title"]) == "Fortschrittsbericht FB-2026-0117 · Warnow Präzisionsteile GmbH"
        )
        assert str(found.docinfo["/Author"]) == "Transformationszentrum Musterküste"
        assert str(found.Root.Lang) == "de"


def test_no_report_mixes_languages(paper: Flask) -> None:
    for language, foreign in (
        ("de", "Level|since|Visits|Measures|level "),
        ("en", "Stufe|seit|Besuche|Maßnahmen"),
    ):
        content = one_assessment(language)
        assert re.search(foreign, rendering.progress_body(content).striptags()) is None


def test_what_people_typed_stays_text(paper: Flask, tmp_path: Path) -> None:
    full = realistic("de")
    content = replace(
        full,
        company=replace(full.company, name=EVIL),
        visits=(replace(full.visits[0], subject=EVIL),),
        measures=(replace(full.measures[0], title=EVIL, result=EVIL),),
        commitments=(replace(full.commitments[0], text=EVIL, owner=EVIL),),
    )
    path = stored(content, tmp_path)
    assert words(path).count("<script>alert(1)</script>") >= 5
    assert "{{ 7*7 }}" in words(path)
    assert "<script" not in rendering.progress_html(content)


def test_the_preview_has_the_same_content_with_the_themes_colours(paper: Flask) -> None:
    body = rendering.progress_body(realistic("de"), SCREEN)
    assert "Seit der ersten Aufnahme im September 2025" in body
    assert body.count("<h1>") == 1
    assert body.count('class="chart chart-radar"') == 4
    assert "var(--f-dec)" in body
    assert "#1b7f4d" not in body
    assert re.search(r"\sstyle=|<style|<script|\son\w+=|asset:", body) is None


def test_the_preview_shows_the_logos_inside_the_page(paper: Flask, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "logo.png")
    logo = (tmp_path / "logo.png").read_bytes()
    body = rendering.progress_body(realistic("de"), SCREEN, Pictures(logo=logo))
    assert 'src="data:image/png;base64,iVBOR' in body
    assert "asset:" not in body


def test_a_firm_without_anything_gets_a_report_that_says_what_will_stand_there(
    paper: Flask, tmp_path: Path
) -> None:
    read = words(stored(report("de"), tmp_path))
    for expected in (
        "Eine Reifegradaufnahme gibt es noch nicht. Maßnahmen sind noch nicht vereinbart.",
        "Die erste Reifegradaufnahme steht noch aus.",
        "Einen Besuch gab es noch nicht.",
        "Maßnahmen gibt es noch nicht.",
        "Es ist kein Besuch geplant und keine Zusage offen.",
    ):
        assert expected in read


def test_a_field_with_two_rated_dimensions_shows_no_score(paper: Flask) -> None:
    full = realistic("de")
    few = full.fields[2]
    unrated = tuple(
        replace(d, level=None, effective=None, start=None, target=None) for d in few.dimensions[2:]
    )
    field = replace(
        few, dimensions=(*few.dimensions[:2], *unrated), score=None, change=None, target_score=None
    )
    body = rendering.progress_body(
        replace(full, fields=(*full.fields[:2], field, full.fields[3]))
    ).striptags()
    assert "Künstliche Intelligenz – noch kein Wert" in body
    assert "Erst 2 Merkmale sind bewertet; einen Wert gibt es ab drei." in body


def test_a_warm_engine_makes_the_next_report_quickly(paper: Flask) -> None:
    """Measured 0.6 s for six pages on two idle cores; the limit leaves room for a busy machine."""
    content = realistic("de")
    rendering.progress_pdf(content)
    engine, begun = pdf.engine.pid, time.perf_counter()
    rendering.progress_pdf(content)
    assert time.perf_counter() - begun < 5
    assert pdf.engine.pid == engine is not None
