"""The page, tab by tab: the only place beside app.py where Gradio may be imported."""
