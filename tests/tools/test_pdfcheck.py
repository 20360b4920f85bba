"""The PDF check passes what keeps a standard and names what breaks it."""

from pathlib import Path

import pytest
from weasyprint import HTML

from tests.tools.pdfcheck import check

PAGE = "<html lang=de><title>Prüfung</title><h1>Grüße aus Güstrow</h1><p>Messwerte: 3 °C"


@pytest.fixture
def archivable(tmp_path: Path) -> Path:
    path = tmp_path / "archivable.pdf"
    HTML(string=PAGE).write_pdf(path, pdf_variant="pdf/a-3a")
    return path


def test_a_file_that_keeps_the_standard_passes(archivable: Path) -> None:
    assert check(archivable, ("PDFA-3A",)) == []


def test_what_is_broken_is_named_with_its_clause(archivable: Path) -> None:
    [violation] = check(archivable)
    assert violation.startswith("PDFUA-1 5-1 (1×): The PDF/UA version and conformance level")


def test_an_ordinary_pdf_breaks_both(tmp_path: Path) -> None:
    path = tmp_path / "ordinary.pdf"
    HTML(string=PAGE).write_pdf(path)
    broken = {violation.split()[0] for violation in check(path)}
    assert broken == {"PDFA-3A", "PDFUA-1"}


def test_a_file_that_is_no_pdf_never_passes(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_text("not a PDF at all")
    found = check(path)
    assert found[0].startswith("qpdf: ")
    assert [violation.split(":")[0] for violation in found[1:]] == ["PDFA-3A", "PDFUA-1"]


def test_an_unknown_standard_never_passes(archivable: Path) -> None:
    [violation] = check(archivable, ("PDFX-9",))
    assert "PDFX-9: not checked" in violation
