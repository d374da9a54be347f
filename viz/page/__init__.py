"""The page, tab by tab: the only place beside app.py where Gradio may be imported."""

from .. import settings

settings.keep_private()  # before Gradio is imported, which looks once
settings.sum_up_rarely()

from .app import build, main, serve  # noqa: E402

__all__ = ["build", "main", "serve"]
