"""How long training on a distilled set takes, beside a plain PyTorch loop with a DataLoader.

    python -m bench.evaluate [--dataset digits] [--protocol dsa] [--epochs 20] [--compiled]

Both sides train the same ConvNet on the same random real images by the same protocol, in one
process, in turns; the best time of each counts, and their ratio is what carries over to another
machine. The plain side augments image by image in the data set, as such loops do. Both are tested
on the same images: the accuracies, over the seeds, show that they train alike.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from distiller import load
from distiller.data.dataset import Dataset
from distiller.evaluation.accuracy import draw_real, evaluate
from distiller.evaluation.augmentation import augment, mix
from distiller.evaluation.classifier import Classifier, LabelledSet, resize
from distiller.evaluation.nets import InstanceNorm, make_net
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import Protocol, protocol_for
from distiller.event import finish
from distiller.image import to_tensor


class PlainSet(TorchDataset[tuple[Tensor, int]]):
    """One image at a time: to a tensor, down to the protocol's size, augmented, normalised."""

    def __init__(self, chosen: LabelledSet, protocol: Protocol, classifier: Classifier) -> None:
        self.chosen, self.protocol, self.classifier = chosen, protocol, classifier
        self.generator = torch.Generator().manual_seed(0)

    def __len__(self) -> int:
        return len(self.chosen.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        x = resize(to_tensor(self.chosen.images[i : i + 1]), self.classifier.size)
        if self.protocol.augment_normalised:
            x = augment(self.classifier.normalise(x), self.protocol.augment, self.generator)
        else:
            x = self.classifier.normalise(augment(x, self.protocol.augment, self.generator))
        return x[0], int(self.chosen.labels[i])


def plain_net(name: str, size: int, classes: int, seed: int) -> nn.Module:
    """The same net with torch's own group norm."""
    net = make_net(name, size, classes, seed=seed)
    for module in net.modules():
        for child_name, child in module.named_children():
            if isinstance(child, InstanceNorm):
                setattr(module, child_name, nn.GroupNorm(child.num_groups, child.num_channels))
    return net


def plain_train(
    chosen: LabelledSet, data: Dataset, protocol: Protocol, net: str, epochs: int, seed: int
) -> float:
    """A plain loop; returns the test accuracy in percent."""
    side = chosen.images.shape[1]
    size = min(side, protocol.largest or side)
    classifier = Classifier(plain_net(net, size, len(data.classes), seed), protocol, size)
    torch.manual_seed(seed)
    loader = DataLoader(PlainSet(chosen, protocol, classifier), protocol.batch, shuffle=True)
    optimizer = protocol.make_optimizer(classifier)
    generator, i = torch.Generator().manual_seed(seed), 0
    for _ in range(epochs):
        for x, y in loader:
            for group in optimizer.param_groups:
                group["lr"] = protocol.rate_at(i / (epochs * len(loader)))
            mixed, others, kept = mix(x, generator) if protocol.cutmix else (x, range(len(x)), 1.0)
            logits = classifier.net(mixed)
            loss = kept * nn.functional.cross_entropy(logits, y)
            if kept < 1:
                loss = loss + (1 - kept) * nn.functional.cross_entropy(logits, y[others])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            i += 1
    right = 0
    with torch.no_grad():
        for k in range(0, len(data.test.labels), 100):
            predicted = classifier(to_tensor(data.test.images[k : k + 100])).argmax(1).numpy()
            right += int((predicted == data.test.labels[k : k + 100]).sum())
    return 100 * right / len(data.test.labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--protocol", default="quick")
    parser.add_argument("--net")
    parser.add_argument("--ipc", type=int, default=10)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compiled", action="store_true")
    given = parser.parse_args()
    data, protocol = load(given.dataset), protocol_for(given.protocol, given.dataset)
    protocol = replace(protocol, net=given.net or protocol.net)
    epochs = given.epochs or protocol.epochs_for(given.ipc)
    chosen = draw_real(data, np.repeat(np.arange(len(data.classes)), given.ipc), 0)

    def ours() -> tuple[float, ...]:
        plan = EvaluationPlan(protocol, seeds=given.seeds, epochs=epochs, compiled=given.compiled)
        return finish(evaluate(chosen, data.test, plan)).accuracies

    def theirs() -> tuple[float, ...]:
        return tuple(
            plain_train(chosen, data, protocol, protocol.net, epochs, k) for k in range(given.seeds)
        )

    if given.compiled:
        began = time.perf_counter()
        once = EvaluationPlan(protocol, seeds=1, epochs=1, compiled=True)
        finish(evaluate(chosen, data.test, once))
        print(f"compiling    {time.perf_counter() - began:7.1f} s, once, not counted below")
    best: dict[str, list[float]] = {}
    for _ in range(given.rounds):
        for name, side in (("plain loop", theirs), ("evaluate", ours)):
            began = time.perf_counter(), time.process_time()
            accuracies = side()
            now = time.perf_counter() - began[0], time.process_time() - began[1]
            best[name] = [min(pair) for pair in zip(now, best.get(name, now), strict=True)]
            print(
                f"{name:12} {now[0]:7.1f} s, {now[1]:6.1f} s of processor time, accuracy "
                f"{np.mean(accuracies):.1f} % ({', '.join(f'{a:.1f}' for a in accuracies)})",
                flush=True,
            )
    wall, processor = (a / b for a, b in zip(best["plain loop"], best["evaluate"], strict=True))
    print(
        f"{protocol.net}, {protocol.name}, {epochs} epochs, {given.seeds} seeds, "
        f"{torch.get_num_threads()} threads: {wall:.2f} times as fast as the plain loop, "
        f"{processor:.2f} times in processor time"
    )


if __name__ == "__main__":
    main()
