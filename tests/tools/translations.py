"""Are both catalogues complete? Run without arguments it says what is not; `--update` adds texts."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("de", "en")
SOURCE_LANGUAGE = "en"  # the texts in the code are the English catalogue
KEYWORDS = ("_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2", "_lp:1c,2", "_p:1c,2")
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*(?:\d+|\*)?(?:\.\d+)?([a-zA-Z])")


def committed(language: str, root: Path = ROOT) -> Path:
    return root / "app/translations" / language / "LC_MESSAGES/messages.po"


def extract(root: Path = ROOT) -> Catalog:
    """Every text the code and the templates show now."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        babel = [sys.executable, "-m", "babel.messages.frontend", "--quiet"]
        keywords = [part for keyword in KEYWORDS for part in ("--keyword", keyword)]
        extraction = ["extract", "--mapping", "babel.cfg", *keywords, "--output", template, "."]
        subprocess.run([*babel, *extraction], cwd=root, check=True)
        with template.open("rb") as file:
            return read_po(file)


def load(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _both(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, kind) for name, kind in PLACEHOLDER.findall(text)}


def _wrong_placeholders(message: Message) -> bool:
    """Every form may use what some form of the source offers, and must use what all of them do.

    So “one hour” beside “%(num)s hours” leaves the singular free to name the number or not.
    """
    sources = [_placeholders(text) for text in _both(message.id)]
    allowed, needed = set().union(*sources), set.intersection(*sources)
    forms = [_placeholders(text) for text in _both(message.string)]
    plural_complete = len(forms) == 1 or forms[-1] == sources[-1]
    return not (plural_complete and all(needed <= form <= allowed for form in forms))


def _fault(wanted: Message, message: Message | None) -> str | None:
    """What is wrong with the translation of one text, if anything."""
    if message is None or _both(message.id) != _both(wanted.id):
        return "missing"
    if message.fuzzy:
        return "fuzzy"
    if not all(_both(message.string)) or len(_both(message.string)) < len(_both(wanted.id)):
        return "empty"
    return "placeholders differ" if _wrong_placeholders(message) else None


def complaints(source: Catalog, catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """What is wrong with a catalogue, as (reason, English text)."""
    if catalogue.fuzzy:
        yield "fuzzy", "(the header: such a catalogue is not compiled at all)"
    for wanted in source:
        if wanted.id and (fault := _fault(wanted, catalogue.get(wanted.id, wanted.context))):
            yield fault, _both(wanted.id)[0]
    for message in catalogue:
        if message.id and source.get(message.id, message.context) is None:
            yield "no longer in use", _both(message.id)[0]
    for message in catalogue.obsolete.values():
        yield "obsolete", _both(message.id)[0]


def update(source: Catalog, language: str, root: Path = ROOT) -> None:
    """Add new texts and drop old ones; English is filled in from the code."""
    path = committed(language, root)
    catalogue = load(path, language)
    catalogue.update(source, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    for message in catalogue:
        if message.id and language == SOURCE_LANGUAGE:
            message.string = message.id if isinstance(message.id, str) else tuple(message.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, no_location=True, width=110)


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--update"]):
        print("usage: python -m tests.tools.translations [--update]")
        return 2
    source = extract()
    if arguments:
        for language in LANGUAGES:
            update(source, language)
    found = 0
    for language in LANGUAGES:
        for reason, text in complaints(source, load(committed(language), language)):
            found += 1
            print(f"{language}: {reason}: {text}")
    print(f"{len(source)} texts, {found} complaints in {', '.join(LANGUAGES)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
