"""Teachers by name: nets of torchvision and timm, with random weights from a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from distiller.data.class_list import class_list
from distiller.data.dataset import Dataset, Split
from distiller.errors import Refused
from distiller.evaluation.pretrained import imagenet_indices, load_named
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.teacher import teacher_for
from distiller.image import to_tensor
from distiller.machine.torchvision_shim import declare_missing_operators

WNIDS = class_list("imagewoof").wnids[:3]


def data(size: int = 64, wnids: tuple[str, ...] = WNIDS) -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (6, size, size, 3), dtype=np.uint8)
    split = Split(pixels, np.repeat(np.arange(3), 2))
    return Dataset("dogs", ("a", "b", "c"), split, split, wnids=wnids)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of torchvision's ResNet-18 in the file of a checkpoint, wrapped as they often are."""
    declare_missing_operators()
    from torchvision.models import resnet18

    torch.manual_seed(0)
    state = {f"module.{key}": value for key, value in resnet18().state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save({"state_dict": state}, path)
    return path


def test_classes_are_found_by_their_wordnet_ids_alone() -> None:
    known = class_list("imagenet-1k")
    assert [known.wnids[i] for i in imagenet_indices(data())] == list(WNIDS)
    with pytest.raises(Refused, match="it has no WordNet IDs"):
        imagenet_indices(data(wnids=()))
    with pytest.raises(Refused, match="n99999999 is none of them"):
        imagenet_indices(data(wnids=("n99999999", *WNIDS[1:])))


def test_a_teacher_is_the_net_itself_at_the_classes_of_the_set(weights: Path) -> None:
    from torchvision.models import resnet18

    own = data()
    teacher = teacher_for(PROTOCOLS["soft"], own, [2, 0], given=f"torchvision:resnet18@{weights}")
    assert teacher is not None
    net = resnet18()
    saved = torch.load(weights, weights_only=True)["state_dict"]
    net.load_state_dict({key.removeprefix("module."): value for key, value in saved.items()})
    x = to_tensor(own.train.images)
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406),
                                                         (0.229, 0.224, 0.225)))  # fmt: skip
    with torch.no_grad():
        expected = net.eval()(((x + 1) / 2 - mean) / std)
        mine = teacher(x)
    index = imagenet_indices(own)
    torch.testing.assert_close(mine, expected[:, [index[2], index[0]]], rtol=1e-4, atol=1e-4)


def test_a_net_of_timm_brings_its_own_normalisation(tmp_path: Path) -> None:
    declare_missing_operators()
    import timm

    torch.manual_seed(1)
    net = timm.create_model("vit_tiny_patch16_224", pretrained=False)
    save_file(net.state_dict(), tmp_path / "vit.safetensors")
    teacher = load_named(f"timm:vit_tiny_patch16_224@{tmp_path / 'vit.safetensors'}")
    assert teacher.mean.flatten().tolist() == [0.0, 0.0, 0.0]  # 0.5 in [0, 1]
    assert teacher.size == 224
    x = torch.zeros(1, 3, 256, 256)  # averaged down to what the net takes
    with torch.no_grad():
        torch.testing.assert_close(teacher(x), net.eval()(torch.zeros(1, 3, 224, 224)))
    with pytest.raises(Refused, match="takes no images of 256 pixels"):
        load_named(f"timm:vit_tiny_patch16_224@{tmp_path / 'vit.safetensors'}", 256)


def test_what_cannot_be_a_teacher_is_refused_in_words(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="torchvision classifies with no model 'resnet19'"):
        load_named("torchvision:resnet19")
    with pytest.raises(Refused, match="timm has no model 'resnet19'"):
        load_named("timm:resnet19")
    with pytest.raises(Refused, match="The weights are not those of torchvision:resnet34"):
        load_named(f"torchvision:resnet34@{weights}", 64)
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    with pytest.raises(Refused, match="holds no weights that can be read"):
        load_named(f"torchvision:resnet18@{tmp_path / 'broken.pth'}")
    with pytest.raises(Refused, match="hard takes no teacher"):
        teacher_for(PROTOCOLS["hard"], data(), [0, 1], given="timm:resnet18")


def test_without_a_network_the_sentence_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def down(*given: object, **named: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", down)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", down)
    with pytest.raises(Refused, match=r"could not be fetched.*--teacher torchvision:resnet18@FILE"):
        load_named("torchvision:resnet18")


def test_the_size_of_the_protocol_is_that_of_the_teacher(weights: Path) -> None:
    protocol = replace(PROTOCOLS["soft"], largest=32)
    teacher = teacher_for(protocol, data(), [0, 1], given=f"torchvision:resnet18@{weights}")
    assert teacher is not None
    assert teacher.size == 32
