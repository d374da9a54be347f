"""Reports: what became of every file that was to be read."""

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["LEAST", "Report", "shown"]

LEAST = 10  # pictures of a class


@dataclass(frozen=True)
class Report:
    """What became of every file."""

    kept: dict[str, list[int]] = field(default_factory=dict)  # class to [training, test] pictures
    small: dict[str, int] = field(default_factory=dict)  # class left out to its pictures
    left_out: list[list[str]] = field(default_factory=list)  # [file, reason]
    notes: list[str] = field(default_factory=list)

    def lines(self, most: int = 20) -> list[str]:
        """The report in words; at most so many files are named, the reasons are counted."""
        train, test = (sum(pair[k] for pair in self.kept.values()) for k in (0, 1))
        said = [f"{train:,} training and {test:,} test pictures of {len(self.kept)} classes."]
        said += [shown(note) for note in self.notes]
        for name, n in self.small.items():
            said.append(f"Class {name!r} left out: {n} pictures; {LEAST} are needed.")
        if self.left_out:
            n = len(self.left_out)
            said.append(f"{n:,} file{'s' * (n > 1)} left out:")
            said += [f"  {shown(name)}: {reason}" for name, reason in self.left_out[:most]]
        if len(self.left_out) > most:
            rest = Counter(reason for _, reason in self.left_out[most:])
            said += [f"  and {n:,} more: {reason}" for reason, n in rest.most_common(5)]
        return said


def shown(name: str) -> str:
    """A file's name for a terminal, which takes no control characters and no stray bytes."""
    return "".join(c if c.isprintable() else "?" for c in name)
