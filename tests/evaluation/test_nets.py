"""Nets: their sizes are the published ones, and they map images to logits."""

import pytest
import torch
from torch.nn import functional as F

from distiller.errors import Refused
from distiller.evaluation.nets import (
    ConvNet,
    InstanceNorm,
    NormReluPool,
    ResNet,
    count_parameters,
    make_net,
)


@pytest.mark.parametrize(
    ("name", "size", "classes", "norm", "parameters"),
    [
        ("convnet-3", 32, 10, "instance", 320_010),  # Zhao et al. (2021), CIFAR-10
        ("convnet-3", 32, 100, "instance", 504_420),  # the same, CIFAR-100: a wider head
        ("resnet-18", 32, 10, "batch", 11_173_962),  # the CIFAR form of He et al. (2016)
        ("resnet-18", 224, 1000, "batch", 11_689_512),  # torchvision's resnet18
        ("resnet18", 224, 1000, "batch", 11_689_512),  # timm's
    ],
)
def test_sizes_are_the_published_ones(
    name: str, size: int, classes: int, norm: str, parameters: int
) -> None:
    assert count_parameters(make_net(name, size, classes, norm=norm)) == parameters


def test_resnetap_has_the_parameters_of_a_resnet_of_ten_layers() -> None:
    """Pooling has no parameters: one block a stage, with or without strides, is the same size."""
    strided = ResNet((1, 1, 1, 1), 224, 10)
    pooled = make_net("resnetap-10", 224, 10)
    assert count_parameters(pooled) == count_parameters(strided) == 4_910_922


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("convnet-3", 32),
        ("convnet-4", 64),
        ("convnet-6", 128),
        ("convnet-3-w32", 20),
        ("resnetap-10", 32),
        ("resnetap-10", 96),
        ("resnet-18", 32),
        ("resnet-18", 96),
        ("mobilenetv2_050", 64),
    ],
)
def test_maps_images_to_logits(name: str, size: int) -> None:
    net = make_net(name, size, 7).eval()
    assert net(torch.zeros(2, 3, size, size)).shape == (2, 7)


def test_last_feature_maps_are_the_published_ones() -> None:
    """ConvNet-6 on 224 px ends at 3 x 3 x 128, the residual nets at 7 x 7 x 512."""
    x = torch.zeros(1, 3, 224, 224)
    convnet = make_net("convnet-6", 224, 10)
    assert isinstance(convnet, ConvNet)
    assert convnet.blocks(x).shape == (1, 128, 3, 3)
    for name in ("resnetap-10", "resnet-18"):
        net = make_net(name, 224, 10)
        assert isinstance(net, ResNet)
        assert net.stages(net.stem(x)).shape == (1, 512, 7, 7)


def test_weights_follow_from_the_seed_and_disturb_no_other() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a, b, c = (make_net("convnet-3-w32", 32, 10, seed=s) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    one, same, other = (next(net.parameters()) for net in (a, b, c))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_instance_norm_is_the_same_in_both_layouts() -> None:
    """Values and all three gradients, against torch's own."""
    x = 3 + 2 * torch.randn(4, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    norm = InstanceNorm(5, 5)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        x_ = x.clone(memory_format=layout).requires_grad_()
        y = norm(x_)
        gradients = torch.autograd.grad(y.sin().sum(), (x_, norm.weight, norm.bias))
        results.append((y, *gradients))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_norm_relu_and_pool_in_one_are_the_three() -> None:
    """Values and all three gradients, of maps far from zero and of one that is flat."""
    generator = torch.Generator().manual_seed(0)
    x = 3 + 2 * torch.randn(4, 5, 6, 8, generator=generator)
    x[0, 0] = 7
    weight, bias = (torch.randn(5, generator=generator).requires_grad_() for _ in range(2))
    x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
    results = []
    for made in (
        F.avg_pool2d(F.group_norm(x, 5, weight, bias).relu(), 2),
        NormReluPool.apply(x, weight, bias, 1e-5),  # type: ignore[no-untyped-call]
    ):
        results.append((made, *torch.autograd.grad(made.sin().sum(), (x, weight, bias))))
    assert (results[0][0] == 0).any()
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(Refused, match=r"no net 'convnet'.*convnet-3.*timm"):
        make_net("convnet", 32, 10)
    with pytest.raises(Refused, match="at least 64 pixels"):
        make_net("convnet-6", 32, 10)
    with pytest.raises(Refused, match="instance or batch"):
        make_net("resnet-18", 32, 10, norm="layer")
