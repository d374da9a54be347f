"""Starts the page: `python app.py`. A Space starts it so too. The page itself is `viz.page`."""

from viz.page import build, main, serve

__all__ = ["build", "main", "serve"]

if __name__ == "__main__":
    main()
