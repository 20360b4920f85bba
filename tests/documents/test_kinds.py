"""Accepted files: what they are is told by content and name together."""

from __future__ import annotations

import io

import pytest

from app.documents.kinds import KINDS, kind_of
from app.errors import RuleBroken
from tests.documents.conftest import PDF, PNG, office

DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("plan.pdf", PDF, "pdf"),
        ("plan.PDF", PDF, "pdf"),
        ("halle.png", PNG, "png"),
        ("halle.jpeg", b"\xff\xd8\xff\xe0 jfif", "jpg"),
        ("halle.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"),
        ("angebot.docx", DOCX, "docx"),
        ("zahlen.xlsx", XLSX, "xlsx"),
        ("zahlen.csv", "Jahr;Strom\n2025;1,5\n".encode("cp1252"), "csv"),
        ("notiz.txt", "Rüstzeit\r\n\tHalle 1".encode(), "txt"),
        ("notiz.txt", "Rüstzeit".encode("utf-16"), "txt"),
    ],
)
def test_files_are_what_their_name_says(name: str, content: bytes, kind: str) -> None:
    file = io.BytesIO(content)
    assert kind_of(name, file) == KINDS[kind]
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("virus.exe", b"MZ\x90", "document.kind"),
        ("page.html", b"<html>", "document.kind"),
        ("drawing.svg", b"<svg onload=alert(1)>", "document.kind"),
        ("pdf", PDF, "document.kind"),
        ("", PDF, "document.kind"),
        ("plan.pdf.exe", PDF, "document.kind"),
        ("plan.pdf", b"", "document.empty"),
        ("plan.pdf", PNG, "document.content"),
        ("halle.png", b"<script>", "document.content"),
        ("halle.webp", b"RIFF\x10\x00\x00\x00WAVEfmt ", "document.content"),
        ("angebot.docx", XLSX, "document.content"),
        ("angebot.docx", b"PK\x03\x04 broken", "document.content"),
        ("makro.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin"), "document.content"),
        ("notiz.txt", b"MZ\x90\x00\x03", "document.content"),
    ],
)
def test_other_files_are_refused(name: str, content: bytes, code: str) -> None:
    file = io.BytesIO(content)
    with pytest.raises(RuleBroken) as refused:
        kind_of(name, file)
    assert (refused.value.code, refused.value.field, refused.value.value) == (code, "file", name)
    assert file.tell() == 0
