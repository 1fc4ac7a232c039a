"""The console: pages on which an editor tries comments and tunes thresholds. `pages` shows, `trial` and `tuning` answer its scripts."""

from __future__ import annotations

from flask import Flask


def keep(app: Flask) -> None:
    """Mount the pages, with what answers their scripts."""
    from moderation.service.console import pages, publishing, trial, tuning  # noqa: F401  # whose views are the blueprint's

    tuning.keep(app)
    app.register_blueprint(pages.blueprint)
