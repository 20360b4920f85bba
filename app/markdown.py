"""Notes written in Markdown (CommonMark): shown as safe HTML, or as plain text for excerpts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_SCHEMES = {"http", "https", "mailto"}
_TAGS = {"p", "br", "hr", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "a"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_LINK = re.compile(r"(https?://|mailto:)\S", re.IGNORECASE)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.disable(["image", "html_block", "html_inline"])
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]
    return parser


def _is_safe_link(url: str) -> bool:
    return _LINK.match(url.strip()) is not None


_PARSER = _parser()


def render(text: str | None) -> Markup:
    """Markdown as HTML from a closed list of tags; HTML in the text is shown, not interpreted.

    A single line break is kept, as notes are typed that way. Headings become bold paragraphs, because
    the page around them has its own outline. Pictures are not shown; links leave with rel=noopener.
    """
    tokens = _PARSER.parse(text or "")
    html = _PARSER.renderer.render(list(_without_headings(tokens)), _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - sanitised in the line above


def plain(text: str | None, limit: int | None = None) -> str:
    """The words without Markdown signs on one line, cut between words with an ellipsis at the limit."""
    words = " ".join("".join(_texts(_PARSER.parse(text or ""))).split())
    if limit is None or len(words) <= limit:
        return words
    cut = words[: limit - 1]
    whole = cut.rsplit(" ", 1)[0] if words[limit - 1] != " " and " " in cut else cut
    return whole.rstrip(" ,;:–-") + "…"


def _without_headings(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "heading_open":
            yield Token("paragraph_open", "p", 1)
            yield Token("strong_open", "strong", 1)
        elif token.type == "heading_close":
            yield Token("strong_close", "strong", -1)
            yield Token("paragraph_close", "p", -1, block=True)
        else:
            yield token


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _texts(token.children or [])
            yield " "
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif not token.nesting:
            yield token.content
