"""Nets: the classifiers that a distilled set is tested with.

convnet-3, convnet-4, convnet-6    the ConvNet of Gidaris & Komodakis (2018) as every
                                   distillation paper since Zhao et al. (2021) uses it
convnet-3-w32                      the same with 32 channels instead of 128
resnetap-10, resnet-18             residual nets; AP: average pooling in place of strides
any timm model by its name         for tables across architectures
"""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from ..errors import Refused

__all__ = ["NETS", "ConvNet", "NormReluPool", "ResNet", "count_parameters", "make_net"]

F = nn.functional
NETS = ("convnet-3", "convnet-3-w32", "convnet-4", "convnet-6", "resnet-18", "resnetap-10")
CONVNET = re.compile(r"convnet-(\d)(?:-w(\d{1,4}))?")


def make_net(
    name: str, size: int, classes: int, *, norm: str = "instance", seed: int = 0
) -> nn.Module:
    """A freshly initialised net that maps (n, 3, size, size) to logits (n, classes).

    `norm` is "instance" or "batch" for the residual nets; timm models keep their own.

    Raises:
        Refused: if there is no such net, or the images are too small for it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if convnet := CONVNET.fullmatch(name):
            return ConvNet(size, classes, depth=int(convnet[1]), width=int(convnet[2] or 128))
        if name == "resnetap-10":
            return ResNet((1, 1, 1, 1), size, classes, norm=norm, pooled=True)
        if name == "resnet-18":
            return ResNet((2, 2, 2, 2), size, classes, norm=norm)
        return _timm_net(name, size, classes)


def _timm_net(name: str, size: int, classes: int) -> nn.Module:
    from ..machine.torchvision_shim import declare_missing_operators

    declare_missing_operators()
    import timm

    if not timm.is_model(name):
        raise Refused(
            f"There is no net {name[:60]!r}. Known: {', '.join(NETS)}, and the names of timm's "
            "models, such as efficientnet_b0."
        )
    try:
        net: nn.Module = timm.create_model(name, num_classes=classes, img_size=size)
    except TypeError:  # convolutional nets take images of any size
        net = timm.create_model(name, num_classes=classes)
    return net


def count_parameters(net: nn.Module) -> int:
    """The number of trained parameters."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def make_norm(norm: str, width: int) -> nn.Module:
    """Normalisation of `width` channels: "instance" (one group a channel, affine) or "batch".

    Raises:
        Refused: if it is neither.
    """
    if norm == "batch":
        return nn.BatchNorm2d(width)
    if norm == "instance":
        return InstanceNorm(width, width)
    raise Refused(f"norm must be instance or batch; got {norm[:60]!r}.")


class InstanceNorm(nn.GroupNorm):
    """Group norm with one group a channel.

    In the channels-last layout, where torch's own backward pass on a processor takes a third of
    a training step, it brings its own. Twice differentiable in the usual layout only.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to the same shape, each map to mean `bias`, std `weight`."""
        last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
        if x.device.type == "cpu" and last and not torch.compiler.is_compiling():
            y: Tensor = _InstanceNorm.apply(x, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
            return y
        return super().forward(x)


class _InstanceNorm(Function):
    """y = weight (x - m) r + bias, with m and r = 1 / std of each map.

    With s1 = mean(dy) and s2 = mean(dy (x - m) r) over each map,
    dx = weight r (dy - s1 - (x - m) r s2): an affine function of dy and x, map by map.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        n, c, h, w = x.shape
        y, m, r = torch.native_group_norm(x, weight, bias, n, c, h * w, c, eps)
        ctx.save_for_backward(x, weight, m[:, :, None, None], r[:, :, None, None])
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, m, r = ctx.saved_tensors
        s1 = dy.mean((2, 3), keepdim=True)
        s2 = r * ((dy * x).mean((2, 3), keepdim=True) - m * s1)
        a = weight[:, None, None] * r
        b = -a * r * s2
        dx = torch.addcmul(-a * s1 - b * m, x, b).addcmul_(dy, a)
        area = x.shape[2] * x.shape[3]
        return dx, s2.sum((0, 2, 3)) * area, s1.sum((0, 2, 3)) * area, None


class NormReluPool(Function):
    """Instance norm, ReLU and 2 x 2 average pooling in one, for a compiler to fuse.

    Maps x (n, c, h, w), of even height and width, weight and bias (c,) to (n, c, h / 2, w / 2).
    With z = a x + b and y = pool(relu(z)): dz = dy / 4 where z > 0, and dx follows from dz as in
    `_InstanceNorm`. Only x and four numbers of each map are kept, z is made anew. So a map is read
    twice forth, and read twice and written once back; compiled one after the other, the three read
    it four times and write it once forth alone.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        cells = _cells(x)
        # Both moments in one pass, about a corner, lest nearly flat maps lose their digits.
        corner = x[:, :, 0, 0].float()
        apart = cells - _each(corner)
        off = apart.mean((2, 3, 4, 5))
        r = (apart.square().mean((2, 3, 4, 5)) - off * off).clamp(min=0).add(eps).rsqrt()
        m = corner + off
        a = weight * r
        b = bias - a * m
        ctx.save_for_backward(x, m, r, a, b)
        return (_each(a) * cells + _each(b)).relu().mean((3, 5)).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, m, r, a, b = ctx.saved_tensors
        cells, area = _cells(x), x.shape[2] * x.shape[3]
        dz = torch.where(_each(a) * cells + _each(b) > 0, dy.float()[:, :, :, None, :, None] / 4, 0)
        s1 = dz.sum((2, 3, 4, 5))
        s2 = r * ((dz * cells).sum((2, 3, 4, 5)) - m * s1)
        slope = -a * r * s2 / area
        dx = _each(a) * dz + _each(slope) * cells - _each(a * s1 / area + slope * m)
        return dx.to(x.dtype).view(x.shape), s2.sum(0), s1.sum(0), None


def _cells(x: Tensor) -> Tensor:
    """Maps (n, c, h, w) as cells of 2 x 2, in float32: (n, c, h / 2, 2, w / 2, 2)."""
    n, c, h, w = x.shape
    return x.float().view(n, c, h // 2, 2, w // 2, 2)


def _each(x: Tensor) -> Tensor:
    """A number of each map, (n, c), to go with its cells."""
    return x[:, :, None, None, None, None]


class ConvNet(nn.Module):
    """`depth` blocks of convolution, instance norm, ReLU and average pooling, then a linear head.

    Zhao et al., "Dataset Condensation with Gradient Matching" (2021), Sec. 4.1: three blocks of
    128 channels on 32 px, 320,010 parameters for ten classes.
    """

    def __init__(self, size: int, classes: int, *, depth: int = 3, width: int = 128) -> None:
        super().__init__()
        if depth < 1 or size >> depth < 1 or width < 1:
            raise Refused(
                f"A ConvNet of {depth} blocks needs images of at least {2**depth} pixels and a "
                f"channel; got {size} pixels and {width} channels."
            )
        self.blocks = nn.Sequential(
            *(_ConvBlock(3 if k == 0 else width, width) for k in range(depth))
        )
        self.head = nn.Linear(width * (size >> depth) ** 2, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, 3, size, size) to logits (n, classes)."""
        logits: Tensor = self.head(self.blocks(x).flatten(1))
        return logits


class _ConvBlock(nn.Module):
    """Convolution, instance norm, ReLU, average pooling over 2 x 2."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, width, 3, padding=1)
        self.norm = make_norm("instance", width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        even = x.shape[2] % 2 == 0 and x.shape[3] % 2 == 0
        if torch.compiler.is_compiling() and x.device.type == "cpu" and even:
            norm = self.norm
            y: Tensor = NormReluPool.apply(x, norm.weight, norm.bias, norm.eps)  # type: ignore[no-untyped-call]
            return y
        return F.avg_pool2d(self.norm(x).relu(), 2)


class ResNet(nn.Module):
    """Four stages of basic residual blocks (He et al., 2016), of 64 to 512 channels.

    Images of up to 64 px meet a 3 x 3 stem without pooling. Larger ones meet a 7 x 7 stem: with
    stride 2 and max pooling as published or, `pooled`, stride 1 and average pooling over 4 x 4.
    `pooled` is ResNetAP (Zhao et al., 2021; Kim et al., 2022): wherever a stride of 2 stood,
    average pooling stands.
    """

    def __init__(
        self,
        blocks: tuple[int, int, int, int],
        size: int,
        classes: int,
        *,
        norm: str = "instance",
        pooled: bool = False,
    ) -> None:
        super().__init__()
        self.stem = _stem(size, norm, pooled)
        stages: list[nn.Module] = []
        before = 64
        for k, n in enumerate(blocks):
            for j in range(n):
                halve = k > 0 and j == 0
                stages.append(_Residual(before, 64 << k, norm, halve=halve, pooled=pooled))
                before = 64 << k
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(before, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, 3, size, size) to logits (n, classes)."""
        logits: Tensor = self.head(self.stages(self.stem(x)).mean((2, 3)))
        return logits


def _stem(size: int, norm: str, pooled: bool) -> nn.Sequential:
    if size <= 64:
        return nn.Sequential(_conv(3, 64, 3), make_norm(norm, 64), nn.ReLU())
    conv = _conv(3, 64, 7, stride=1 if pooled else 2)
    pool: nn.Module = nn.AvgPool2d(4) if pooled else nn.MaxPool2d(3, 2, padding=1)
    return nn.Sequential(conv, make_norm(norm, 64), nn.ReLU(), pool)


def _conv(before: int, width: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, width, kernel, stride, padding=kernel // 2, bias=False)


class _Residual(nn.Module):
    """Two convolutions beside a shortcut; `halve` halves height and width."""

    def __init__(self, before: int, width: int, norm: str, *, halve: bool, pooled: bool) -> None:
        super().__init__()
        stride = 2 if halve and not pooled else 1
        pool: list[nn.Module] = [nn.AvgPool2d(2)] if halve and pooled else []
        self.body = nn.Sequential(
            _conv(before, width, 3, stride),
            make_norm(norm, width),
            nn.ReLU(),
            *pool,
            _conv(width, width, 3),
            make_norm(norm, width),
        )
        shortcut = [*pool, _conv(before, width, 1, stride), make_norm(norm, width)]
        self.shortcut = nn.Sequential(*(shortcut if before != width else []))

    def forward(self, x: Tensor) -> Tensor:
        h: Any = self.body(x)
        out: Tensor = (h + self.shortcut(x)).relu()
        return out
