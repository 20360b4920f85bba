"""The bundle: hashed names, icons that exist, colours that can be read, a lock file without addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import assets

ROOT = Path(__file__).parent.parent
TOKENS = (ROOT / "frontend/styles/_tokens.scss").read_text("utf-8")
INKS = ("ink", "ink2", "muted", "accent", "ok", "warn", "bad")
GROUNDS = {
    "bg": ("ink", "ink2", "muted", "accent", "bad", "ok", "warn"),
    "panel": (*INKS, "f-aut", "f-dig", "f-ai", "f-dec"),
    "hover": ("ink", "ink2", "muted", "accent", "bad"),
    "track": ("ink", "ink2"),
    "accent-soft": ("ink", "accent", "ink2"),
    "ok-soft": ("ok", "ink", "ink2"),
    "warn-soft": ("warn", "ink", "ink2"),
    "bad-soft": ("bad", "ink", "ink2"),
    "accent": ("accent-ink",),
    "accent-hover": ("accent-ink",),
}


def _colours(theme: str) -> dict[str, str]:
    block = TOKENS.split(f"@mixin {theme} {{")[1].split("\n}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(theme: str) -> None:
    colours = _colours(theme)
    weak = [
        f"{ink} on {ground}: {_contrast(colours[ink], colours[ground]):.2f}"
        for ground, inks in GROUNDS.items()
        for ink in inks
        if _contrast(colours[ink], colours[ground]) < 4.5
    ]
    assert weak == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_edge_of_an_input_can_be_seen(theme: str) -> None:
    colours = _colours(theme)
    assert min(_contrast(colours["field-line"], colours[ground]) for ground in ("panel", "bg")) >= 3


def test_every_icon_that_is_named_exists() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("app/**/*.py")]
    pattern = re.compile(r"""(?:\bicon\(|icon_name=|"icon": |"icon", )"([a-z0-9-]+)\"""")
    named = {name for path in sources for name in pattern.findall(path.read_text("utf-8"))}
    assert len(named) > 10
    assert named - set(assets.manifest()["icons"]) == set()


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(LookupError, match=r"frontend/icons\.json"):
        assets.icon("no-such-icon")


def test_bundled_files_carry_their_hash_and_exist() -> None:
    for name in ("app.css", "app.js", "icons.svg", "logo.svg", "fonts/inter-latin.woff2"):
        assert re.fullmatch(r"/static/dist/[\w/-]+\.[0-9a-f]{10}\.\w+", assets.asset_url(name)), name
        assert assets.asset_path(name).is_file(), name


def test_the_fonts_for_paper_are_there_under_plain_names() -> None:
    faces = {path.name for path in assets.FONTS.glob("Inter-*.woff2")}
    assert faces == {f"Inter-{face}.woff2" for face in ("Regular", "Italic", "Medium", "SemiBold", "Bold")}


def test_the_lock_file_names_no_registry() -> None:
    assert "http" not in re.sub(r'"(?:url|funding)": .*', "", (ROOT / "package-lock.json").read_text("utf-8"))
