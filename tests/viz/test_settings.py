"""What the environment says of the page."""

import pytest

from viz.settings import may_train


def test_who_may_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert not may_train()
    monkeypatch.delenv("GRADIO_SERVER_NAME")
    for space, said, may in (
        ("", "", True),
        ("me/it", "", False),
        ("me/it", "1", True),
        ("", "0", False),
    ):
        for name, value in (("SPACE_ID", space), ("DISTILLER_TRAIN", said)):
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        assert may_train() == may
