"""The application as WSGI servers find it."""

from app import create_app

app = create_app()
