"""Charts as SVG made on the server: one drawing for the page (both themes) and for the printed report.

Colours are presentation attributes: CSS variables on screen, fixed values in print. No style attributes,
no scripts, no ids, so a chart may stand anywhere and as often as needed. Numbers reach us as text already
written for the reader; `title` is the finding in words and becomes the text alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final, SupportsFloat

from flask import Flask
from markupsafe import Markup, escape

from app.fields import Field

LEVELS: Final = 5  # rings of the radar, segments of the ladder
FEWEST_AXES: Final = 3
SOFT_HYPHEN: Final = "\u00ad"
Point = tuple[float, float]


@dataclass(frozen=True)
class Palette:
    """The colours of one medium."""

    name: str
    ink: str
    muted: str
    line: str
    track: str
    panel: str
    fields: Mapping[Field, str]


SCREEN: Final = Palette(
    name="screen",
    ink="var(--ink2)",
    muted="var(--muted)",
    line="var(--line)",
    track="var(--track)",
    panel="var(--panel)",
    fields={
        Field.AUTOMATION: "var(--f-aut)",
        Field.DIGITALIZATION: "var(--f-dig)",
        Field.AI: "var(--f-ai)",
        Field.DECARBONIZATION: "var(--f-dec)",
    },
)
PRINT: Final = Palette(
    name="print",
    ink="#44515c",
    muted="#5f6c77",
    line="#d3dae0",
    track="#e1e6ea",
    panel="#ffffff",
    fields={
        Field.AUTOMATION: "#0b66b0",
        Field.DIGITALIZATION: "#7a4fb0",
        Field.AI: "#b94b08",
        Field.DECARBONIZATION: "#1b7f4d",
    },
)


def init_app(app: Flask) -> None:
    """Give templates the drawings by their names."""
    tools = (Axis, radar, ladder, field_bars, field_mark, radar_table)
    app.jinja_env.globals |= {tool.__name__: tool for tool in tools}


@dataclass(frozen=True)
class Axis:
    """One dimension of a radar on the scale 0–5; None where it is not rated or does not apply."""

    label: str
    now: float | None
    start: float | None = None
    target: float | None = None


@dataclass(frozen=True)
class _Web:
    """The radar's geometry: where a level lies on an axis."""

    axes: int
    centre: Point
    radius: float

    def at(self, axis: int, level: float) -> Point:
        angle = 2 * pi * axis / self.axes - pi / 2
        reach = self.radius * level / LEVELS
        return self.centre[0] + reach * cos(angle), self.centre[1] + reach * sin(angle)

    def points(self, values: Iterable[float | None]) -> list[Point | None]:
        return [None if value is None else self.at(i, value) for i, value in enumerate(values)]

    def grid(self) -> str:
        rings = (_closed([self.at(i, level) for i in range(self.axes)]) for level in range(1, LEVELS + 1))
        spokes = (f"M{_xy(self.centre)}L{_xy(self.at(i, LEVELS))}" for i in range(self.axes))
        return "".join((*rings, *spokes))


def radar(
    axes: Sequence[Axis],
    field: Field,
    *,
    title: str,
    description: str = "",
    palette: Palette = SCREEN,
    width: int = 260,
    height: int = 190,
    labels: bool = True,
    font_size: float = 8,
) -> Markup:
    """One field's dimensions: thin grey start, filled now with dots, dashed target.

    Empty below three axes: a profile of one or two dimensions is no shape.
    """
    if len(axes) < FEWEST_AXES:
        return Markup("")
    margin = (font_size * 7, font_size * 2.6) if labels else (4, 4)
    below = max(-cos(2 * pi * i / len(axes)) for i in range(len(axes)))  # a pentagon reaches less far down
    radius = min(width / 2 - margin[0], (height - 2 * margin[1]) / (1 + below))
    web = _Web(len(axes), (width / 2, (height + (1 - below) * radius) / 2), radius)
    now, colour = web.points(axis.now for axis in axes), palette.fields[field]
    parts = [
        _path(web.grid(), stroke=palette.line, width=0.6),
        _path(_sectors(web.centre, now), fill=colour, opacity=0.14),
        _path(_outline(web.points(axis.start for axis in axes)), stroke=palette.muted, width=1),
        _path(_outline(web.points(axis.target for axis in axes)), stroke=colour, width=1.2, dash="3 2.2"),
        _path(_outline(now), stroke=colour, width=1.8),
        *(f'<circle cx="{_n(p[0])}" cy="{_n(p[1])}" r="2" fill="{colour}"/>' for p in now if p),
    ]
    if labels:
        parts += [
            _label(axis, web.at(i, LEVELS), web.centre, font_size, palette) for i, axis in enumerate(axes)
        ]
    return _svg("radar", parts, (width, height), title, description, palette, fluid=True)


def ladder(
    level: int | None,
    *,
    field: Field,
    title: str,
    start: int | None = None,
    target: int | None = None,
    claimed: int | None = None,
    palette: Palette = SCREEN,
) -> Markup:
    """Five segments filled up to the level that counts.

    A wedge below marks the start, a dotted line the target; a level that is only claimed and does not
    count (`claimed` above `level`) is outlined.
    """
    step, gap, top, thick = 18.0, 2.5, 4.0, 5.5
    colour, parts = palette.fields[field], []

    def end_of(number: int) -> float:
        return 1 + number * step - gap / 2 if number else 1.0

    for number in range(1, LEVELS + 1):
        filled = level is not None and number <= level
        told = not filled and claimed is not None and number <= claimed
        edge = f' stroke="{colour}" stroke-width="0.9" stroke-dasharray="1.6 1.2"' if told else ""
        parts.append(
            f'<rect x="{_n(1 + (number - 1) * step)}" y="{_n(top)}" width="{_n(step - gap)}" '
            f'height="{_n(thick)}" rx="2.2" fill="{colour if filled else palette.track}"{edge}/>'
        )
    if start is not None:
        x, y = end_of(start), top + thick + 1.6
        parts.append(_path(_closed([(x, y), (x - 2.6, y + 4.4), (x + 2.6, y + 4.4)]), fill=palette.muted))
    if target is not None:
        x = end_of(target)
        mark = f"M{_xy((x, 0))}L{_xy((x, top + thick + 6))}"
        parts.append(_path(mark, stroke=palette.ink, width=1.3, dash="1.4 1.4"))
    return _svg("ladder", parts, (92, 17), title, "", palette)


def field_bars(
    levels: Mapping[Field, SupportsFloat | None], *, title: str, palette: Palette = SCREEN
) -> Markup:
    """The four fields' scores as tiny bars in a list, always in the fields' order."""
    wide, high, parts = 9.0, 22.0, []
    for place, field in enumerate(Field):
        x, value = place * (wide + 4), levels.get(field)
        bars = [(high, palette.track)]
        if value is not None:
            bars.append((max(high * float(value) / LEVELS, 1), palette.fields[field]))
        parts += [
            f'<rect x="{_n(x)}" y="{_n(high - tall)}" width="{_n(wide)}" height="{_n(tall)}" rx="1.5" '
            f'fill="{fill}"/>'
            for tall, fill in bars
        ]
    return _svg("field-bars", parts, (48, 22), title, "", palette)


def field_mark(field: Field, *, title: str = "", palette: Palette = SCREEN, size: int = 10) -> Markup:
    """The field's shape in its colour; decoration unless a title names it."""
    field = Field(field)
    colour = palette.fields[field]
    if field is Field.AUTOMATION:
        shape = f'<rect x="1" y="1" width="8" height="8" rx="1.5" fill="{colour}"/>'
    elif field is Field.DIGITALIZATION:
        shape = f'<circle cx="5" cy="5" r="4.2" fill="{colour}"/>'
    elif field is Field.AI:
        shape = f'<path d="M5 0.8L9.5 9.2H0.5Z" fill="{colour}"/>'
    else:
        corners = [(5 + 4.8 * sin(k * pi / 3), 5 - 4.8 * cos(k * pi / 3)) for k in range(6)]
        shape = _path(_closed(corners), fill=colour)
    return _svg("field-mark", [shape], (size, size), title, "", palette, box="0 0 10 10")


def radar_table(
    axes: Sequence[Axis],
    *,
    caption: str,
    heads: tuple[str, str, str, str],
    number: Callable[[float | None], str],
) -> Markup:
    """The radar's figures as a table: dimension, start, now, target."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(text) for text in heads)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>').format(
            axis.label.replace(SOFT_HYPHEN, ""), number(axis.start), number(axis.now), number(axis.target)
        )
        for axis in axes
    )
    return Markup(
        '<table class="chart-table"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(caption, head, rows)


def wrapped(label: str, room: int, lines: int = 3) -> list[str]:
    """Break a label at spaces and (soft) hyphens into at most so many lines of about `room` letters."""
    pieces: list[str] = []
    for word in label.replace("-", "-\u200b").split():
        parts = [part for half in word.split("\u200b") if half for part in _syllables(half)]
        pieces += [*parts[:-1], parts[-1] + " "]
    done: list[str] = []
    current = ""
    for piece in pieces:
        letters = len((current + piece).replace(SOFT_HYPHEN, "").rstrip())
        if current and letters > room and len(done) < lines - 1:
            done.append(current)
            current = ""
        current += piece
    return [_line(text) for text in [*done, current] if text.strip()]


def _line(text: str) -> str:
    """Soft hyphens show at the end of a line only."""
    text = text.rstrip()
    return text.replace(SOFT_HYPHEN, "") + ("-" if text.endswith(SOFT_HYPHEN) else "")


def _syllables(word: str) -> list[str]:
    parts = word.split(SOFT_HYPHEN)
    return [part + SOFT_HYPHEN for part in parts[:-1]] + [parts[-1]]


def _label(axis: Axis, edge: Point, centre: Point, size: float, palette: Palette) -> str:
    space = min(edge[0], 2 * centre[0] - edge[0]) - 6
    lines = wrapped(axis.label, max(int(space / (size * 0.54)), 9))
    beside = edge[0] - centre[0]
    middle = abs(beside) < 1
    anchor = "middle" if middle else "start" if beside > 0 else "end"
    x = edge[0] + (0 if middle else 5 if beside > 0 else -5)
    tall = size * 1.15
    if middle:
        y = edge[1] - 5 - tall * (len(lines) - 1) if edge[1] < centre[1] else edge[1] + size + 3
    else:
        y = edge[1] + size * 0.36 - tall * (len(lines) - 1) / 2
    spans = "".join(
        f'<tspan x="{_n(x)}" y="{_n(y + tall * i)}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    fill = palette.ink if axis.now is not None else palette.muted
    return f'<text font-size="{_n(size)}" text-anchor="{anchor}" fill="{fill}">{spans}</text>'


def _svg(
    name: str,
    parts: Sequence[str],
    size: tuple[int, int],
    title: str,
    description: str,
    palette: Palette,
    *,
    fluid: bool = False,
    box: str = "",
) -> Markup:
    """Wrap a drawing; on paper the title alone is the text alternative, so it takes in the description."""
    measures = f'width="{size[0]}" height="{size[1]}"'
    if fluid and palette is SCREEN:
        measures = 'width="100%"'
    finding = f"{title} {description}".strip()
    if palette is PRINT:
        title, description = finding, ""
    words = Markup("<title>{}</title>").format(title) if title else ""
    words += Markup("<desc>{}</desc>").format(description) if description else ""
    role = Markup('role="img" aria-label="{}"').format(finding) if finding else 'aria-hidden="true"'
    return Markup(  # noqa: S704 - our own numbers and colours; every text is escaped above
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-{name}" '
        f'viewBox="{box or f"0 0 {size[0]} {size[1]}"}" {measures} '
        f'font-family="Inter, system-ui, sans-serif" {role} focusable="false">{words}{"".join(parts)}</svg>'
    )


def _path(
    d: str, *, stroke: str = "", fill: str = "none", width: float = 0, opacity: float = 1, dash: str = ""
) -> str:
    line = f' stroke="{stroke}" stroke-width="{_n(width)}" stroke-linejoin="round"' if stroke else ""
    line += f' stroke-dasharray="{dash}"' if dash else ""
    line += f' fill-opacity="{_n(opacity, 2)}"' if opacity < 1 else ""
    return f'<path d="{d}" fill="{fill}"{line}/>' if d else ""


def _pairs(points: Sequence[Point | None]) -> list[tuple[Point, Point]]:
    """Neighbours that both have a value: what is not rated leaves a gap."""
    following = [*points[1:], points[0]]
    return [(a, b) for a, b in zip(points, following, strict=True) if a and b]


def _outline(points: Sequence[Point | None]) -> str:
    if all(points):
        return _closed([point for point in points if point])
    return "".join(f"M{_xy(a)}L{_xy(b)}" for a, b in _pairs(points))


def _sectors(centre: Point, points: Sequence[Point | None]) -> str:
    if all(points):
        return _closed([point for point in points if point])
    return "".join(_closed([centre, a, b]) for a, b in _pairs(points))


def _closed(points: Sequence[Point]) -> str:
    return "M" + "L".join(_xy(point) for point in points) + "Z"


def _xy(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(value: float, digits: int = 1) -> str:
    """Short and the same on every run."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
