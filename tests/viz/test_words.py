"""The words of the page: one file that the page and the documents share."""

from tests.viz.sent import check
from viz import payloads, words


def test_the_glossary_is_written_from_the_words_of_the_page() -> None:
    written = words.GLOSSARY.read_text(encoding="utf-8")
    assert written == words.glossary(), "run `python -m viz.words`"


def test_every_term_is_explained_in_sentences() -> None:
    found = words.entries()
    assert len({entry["term"] for entry in found}) == len(found)
    for entry in found:
        assert entry["meaning"].endswith("."), entry["term"]
        assert len(entry["meaning"]) <= 250, entry["term"]
        assert bool(entry["source"]) == bool(entry["url"]), entry["term"]
        assert entry["url"].startswith("https://") or not entry["url"], entry["term"]


def test_the_page_is_sent_plain_text_of_what_it_shows() -> None:
    sent = words.words()
    for word in sent:
        check(payloads.Word, word)
        assert not set("*`[") & set(word["meaning"]), word["term"]
    shown = {word["term"] for word in sent}
    assert "Coverage" in shown
    assert "Manifest" not in shown  # no label of the page has it
