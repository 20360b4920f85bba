"""The completeness check finds what a reader of the other language would miss."""

from babel.messages.catalog import Catalog

from tests.tools.translations import complaints, extract

SOURCE = Catalog()
SOURCE.add("Save")
SOURCE.add("Hello %(name)s")
SOURCE.add(("one hour", "%(num)s hours"))
SOURCE.add("done", context="visit")


def german(**changes: object) -> Catalog:
    catalogue = Catalog(locale="de", fuzzy=False)
    texts = {
        "Save": "Speichern",
        "Hello %(name)s": "Guten Tag, %(name)s",
        ("one hour", "%(num)s hours"): ("eine Stunde", "%(num)s Stunden"),
    }
    for msgid, text in texts.items():
        catalogue.add(msgid, text)
    catalogue.add("done", "erledigt", context="visit")
    for msgid, text in changes.items():
        catalogue[msgid].string = text
    return catalogue


def test_a_complete_catalogue_passes() -> None:
    assert list(complaints(SOURCE, german())) == []


def test_a_plural_may_name_the_number_in_the_singular_too() -> None:
    catalogue = german()
    catalogue[("one hour", "%(num)s hours")].string = ("%(num)s Stunde", "%(num)s Stunden")
    assert list(complaints(SOURCE, catalogue)) == []


def test_a_plural_that_loses_its_number_is_found() -> None:
    catalogue = german()
    catalogue[("one hour", "%(num)s hours")].string = ("eine Stunde", "Stunden")
    assert list(complaints(SOURCE, catalogue)) == [("placeholders differ", "one hour")]


def test_a_half_translated_plural_is_found() -> None:
    catalogue = german()
    catalogue[("one hour", "%(num)s hours")].string = ("eine Stunde", "")
    assert list(complaints(SOURCE, catalogue)) == [("empty", "one hour")]


def test_a_missing_text_is_found() -> None:
    catalogue = german()
    catalogue.delete("Save")
    assert list(complaints(SOURCE, catalogue)) == [("missing", "Save")]


def test_the_same_word_in_another_sense_is_missing() -> None:
    catalogue = german()
    catalogue.delete("done", context="visit")
    catalogue.add("done", "erledigt", context="measure")
    assert list(complaints(SOURCE, catalogue)) == [("missing", "done"), ("no longer in use", "done")]


def test_an_empty_text_is_found() -> None:
    assert list(complaints(SOURCE, german(Save=""))) == [("empty", "Save")]


def test_a_fuzzy_text_is_found() -> None:
    catalogue = german()
    catalogue["Save"].flags.add("fuzzy")
    assert list(complaints(SOURCE, catalogue)) == [("fuzzy", "Save")]


def test_a_catalogue_that_is_not_compiled_is_found() -> None:
    catalogue = german()
    catalogue.fuzzy = True
    assert [reason for reason, _ in complaints(SOURCE, catalogue)] == ["fuzzy"]


def test_a_renamed_placeholder_is_found() -> None:
    catalogue = german(**{"Hello %(name)s": "Guten Tag, %(nome)s"})
    assert list(complaints(SOURCE, catalogue)) == [("placeholders differ", "Hello %(name)s")]


def test_a_text_nobody_shows_any_more_is_found() -> None:
    catalogue = german()
    catalogue.add("Fax", "Fax")
    assert list(complaints(SOURCE, catalogue)) == [("no longer in use", "Fax")]


def test_texts_come_from_code_and_templates_alike() -> None:
    source = extract()
    assert source.get("Digitalization") is not None, "lazy texts of app/words.py"
    assert source.get("Skip to the content") is not None, "texts of templates/layouts"
    assert source.get("done", "visit") is not None, "words with a sense"
