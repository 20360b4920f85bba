"""Wandelwerk: create_app() puts plumbing and domains together. Nothing is imported from here."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import structlog
from flask import Flask, g, request
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from app import assets, charts, db, filters, i18n, jobs, logs, navigation, pages, security
from app.accounts import queries as accounts_queries
from app.accounts import signing_in
from app.accounts.marks import refuse_unmarked_routes
from app.config import Settings

ROOT = Path(__file__).parent.parent
DOMAINS = ("accounts", "companies", "documents", "maturity", "roadmap", "coaching", "reports", "overview")
log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> Flask:
    """The application for one installation; settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder="static")
    app.config.update(SETTINGS=settings, SECRET_KEY=settings.secret_key, TESTING=settings.testing)
    app.config["TEMPLATES_AUTO_RELOAD"] = False
    _configure_templates(app)
    logs.init_app(app)
    for plumbing in (db, security, i18n, filters, assets, charts, pages, jobs):
        plumbing.init_app(app)
    app.before_request(_remember_centre)  # first: pages of refusal show the centre, too
    signing_in.init_app(app)
    _register_domains(app)
    navigation.init_app(app)
    if settings.https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    refuse_unmarked_routes(app)
    return app


def _configure_templates(app: Flask) -> None:
    print_documents = FileSystemLoader(ROOT / "reports")
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), PrefixLoader({"print": print_documents})]
    )
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.add_extension("jinja2.ext.do")


def _remember_centre() -> None:
    """The centre's zone and name are needed on every page: one small read a request."""
    if request.endpoint not in ("static", "accounts.health"):
        g.centre = accounts_queries.centre(db.session)
        g.time_zone = g.centre.time_zone


def _register_domains(app: Flask) -> None:
    """Register the blueprints of each domain: `bp` of every routes*.py; files may share one."""
    for domain in DOMAINS:
        files = sorted((ROOT / "app" / domain).glob("routes*.py"))
        modules = [importlib.import_module(f"app.{domain}.{file.stem}") for file in files]
        for blueprint in dict.fromkeys(module.bp for module in modules):
            app.register_blueprint(blueprint)
