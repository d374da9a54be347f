"""What the page takes from a visitor: every archive that can be read."""

import pytest

from distiller.data.archive import ENDINGS
from viz.page import build
from viz.page.tabs.train import name_of


def test_every_archive_that_can_be_read_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLER_TRAIN", "1")
    taken = {
        block.elem_id: block.file_types
        for block in build().blocks.values()
        if getattr(block, "file_types", None)
    }
    assert taken == {"upload": [*ENDINGS], "pictures": [*ENDINGS]}


@pytest.mark.parametrize("name", ["Pets.zip", "pets.tar", "/tmp/x/pets.tar.gz", "pets.tgz"])
def test_a_training_is_called_after_its_file_without_its_endings(name: str) -> None:
    assert name_of(name) == "pets"
