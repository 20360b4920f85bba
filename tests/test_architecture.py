"""The constitution: rules of the layout that rot silently unless a test holds them."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import app as product
from app.accounts.marks import public, refuse_unmarked_routes
from tests.conftest import ROOT

APP = ROOT / "app"
DOMAINS = ("accounts", "companies", "documents", "maturity", "roadmap", "coaching", "reports", "overview")
LONGEST_PYTHON, LONGEST_TEMPLATE = 400, 150
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "services", "managers", "misc", "lib"}
FORBIDDEN_FLASK = {"flask", "flask_login", "flask_wtf", "werkzeug"}
FORBIDDEN_MARKUP = (r"\|\s*safe\b", "autoescape false", r"\son\w+=\"", r"\sstyle=\"", "javascript:", "hx-on")
# Files of a domain that know the request: pages, the signed-in user, the frame around pages.
KNOW_THE_REQUEST = re.compile(r"^(routes\w*|signing_in|marks|\w*frame|cli)\.py$")
# Who may end a transaction: pages, commands, and the plumbing that runs them.
MAY_COMMIT = re.compile(r"^(routes\w*|cli|demo\w*|setup)\.py$")


def python_files(folder: Path = APP) -> Iterator[Path]:
    return (f for f in sorted(folder.rglob("*.py")) if "static" not in f.parts)


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_files_stay_small() -> None:
    too_long = {
        str(f.relative_to(ROOT)): n
        for f in [*python_files(), *python_files(ROOT / "tests"), *(ROOT / "templates").rglob("*.html")]
        if (n := len(f.read_text(encoding="utf-8").splitlines()))
        > (LONGEST_PYTHON if f.suffix == ".py" else LONGEST_TEMPLATE)
    }
    assert too_long == {}


def test_domains_agree_everywhere() -> None:
    folders = {f.name for f in APP.iterdir() if (f / "__init__.py").exists()}
    assert folders == {*DOMAINS, "demo"}  # the demo centre is no domain: it tells a story with their verbs
    assert set(product.DOMAINS) == set(DOMAINS)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    assert [layer for layer in layers if layer in DOMAINS] == list(reversed(DOMAINS))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [d for d in DOMAINS if f"`{d}/`" not in readme] == []
    assert [d for d in DOMAINS if not (ROOT / "tests" / d).is_dir()] == []
    assert [d for d in DOMAINS if not (ROOT / "templates" / d).is_dir()] == []


def test_names_say_what_is_inside() -> None:
    assert [f for f in python_files() if f.stem in FORBIDDEN_NAMES or f.parent.name in FORBIDDEN_NAMES] == []


def test_only_pages_know_the_request() -> None:
    guilty = [
        str(f.relative_to(ROOT))
        for domain in DOMAINS
        for f in python_files(APP / domain)
        if not KNOW_THE_REQUEST.match(f.name) and FORBIDDEN_FLASK & set(imports(tree(f)))
    ]
    assert guilty == []


def test_transactions_end_in_pages_and_commands() -> None:
    guilty = [
        f"{f.relative_to(ROOT)}:{node.lineno}"
        for domain in DOMAINS
        for f in python_files(APP / domain)
        if not MAY_COMMIT.match(f.name)
        for node in ast.walk(tree(f))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert guilty == []


def test_no_import_hides_in_a_function() -> None:
    """Cycles are cured by moving code, not by importing late; the two lazy imports say why."""
    allowed = {"app/reports/pdf_child.py", "app/serving.py", "app/cli.py"}
    guilty = [
        f"{f.relative_to(ROOT)}:{inner.lineno}"
        for f in python_files()
        if str(f.relative_to(ROOT)) not in allowed
        for node in ast.walk(tree(f))
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("app")
    ]
    assert guilty == []


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_templates_escape_and_carry_no_script(kind: str) -> None:
    guilty = []
    for file in (ROOT / "templates").rglob(f"*.{kind}"):
        text = file.read_text(encoding="utf-8")
        guilty += [f"{file.relative_to(ROOT)}: {p}" for p in FORBIDDEN_MARKUP if re.search(p, text)]
    assert guilty == []


def test_an_unmarked_route_stops_the_application() -> None:
    bare = Flask("bare")
    bare.add_url_rule("/open", "open", public(lambda: "ok"))
    refuse_unmarked_routes(bare)
    bare.add_url_rule("/forgotten", "forgotten", lambda: "oops")
    with pytest.raises(RuntimeError, match="forgotten"):
        refuse_unmarked_routes(bare)


def test_every_address_takes_typed_parameters(app: Flask) -> None:
    """`<uuid:…>` makes a bad key a 404 before any query; the few texts are checked by their pages."""
    texts = {
        rule.rule
        for rule in app.url_map.iter_rules()
        for name in rule.arguments
        if type(rule._converters[name]).__name__ == "UnicodeConverter"
    }
    assert texts == {rule for rule in texts if re.search(r"<(key|token|status|sha|role|right)>", rule)}


def test_nothing_private_is_committed() -> None:
    """No registry's host, no path of a machine, no secret in any file of the project."""
    # in halves, so that this file does not name them either
    halves = [("python", "hosted"), ("py", r"pi\.org/simple"), (r"registry\.", "npmjs"), (r"deb\.", "debian")]
    halves += [("/ro", "ot/"), ("/ho", r"me/\w+/")]
    private = re.compile("|".join(map("".join, halves)))
    guilty = [
        str(f.relative_to(ROOT))
        for pattern in ("requirements*.txt", "package*.json", "bin/*", "app/**/*.py", "*.toml", "README.md")
        for f in ROOT.glob(pattern)
        if f.is_file() and private.search(f.read_text(encoding="utf-8"))
    ]
    assert guilty == []
