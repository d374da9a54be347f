"""Runs the steps of the Dockerfile without Docker, as far as that goes, and starts what it starts.

    sudo python3 .ci/docker_steps.py [--until STEP]

The steps are read from the Dockerfile. They run in a folder that is laid over the machine's own
system and thrown away afterwards, each as the user that the Dockerfile names. The base image is not
fetched: the machine's Python of the same version stands for it, without any package but pip. What
the image holds otherwise is not checked. It needs Linux and root, and ends with 1 if a step fails.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KNOWN = {"FROM", "ARG", "RUN", "USER", "WORKDIR", "ENV", "COPY", "EXPOSE", "CMD"}
PASSED = ("PIP_", "SSL_", "REQUESTS_", "HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy")
"""How variables begin that a build needs to reach a package registry from this machine."""
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
CHROOT = shutil.which("chroot", path=PATH) or "chroot"
WAIT = 180  # seconds until the page must answer


@dataclass(frozen=True)
class Step:
    """An instruction of a Dockerfile."""

    name: str
    words: str

    def __str__(self) -> str:
        return f"{self.name} {self.words}"


def steps_of(text: str) -> list[Step]:
    """The instructions of a Dockerfile, with their continued lines joined.

    Raises:
        ValueError: if one is not known here.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, words = line.partition(" ")
        if name.upper() not in KNOWN:
            raise ValueError(f"The instruction {name} is not known here; teach {__file__} it.")
        found.append(Step(name.upper(), re.sub(r"\s+", " ", words.strip())))
    return found


def pairs_of(words: str) -> dict[str, str]:
    """The variables that ENV or ARG sets."""
    return dict(word.partition("=")[::2] for word in shlex.split(words))


def filled(words: str, env: Mapping[str, str]) -> str:
    """Words with the variables of an environment put in, as Docker does."""
    return re.sub(r"\$\{?(\w+)\}?", lambda m: env.get(m[1], ""), words)


def copied(root: Path, ignored: Sequence[str]) -> Iterator[Path]:
    """The files below a folder that are none of those that .dockerignore names."""
    for folder, folders, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not is_ignored(inside / name, ignored)]
        yield from (inside / name for name in files if not is_ignored(inside / name, ignored))


def is_ignored(path: Path, patterns: Sequence[str]) -> bool:
    """Whether a pattern of .dockerignore matches a path; ** is any folders, or none."""
    return any(
        fnmatch(str(path), pattern)
        or (pattern.startswith("**/") and fnmatch(path.name, pattern.removeprefix("**/")))
        for pattern in patterns
    )


@dataclass
class Machine:
    """The folder that is laid over the system, and what the steps before have set."""

    root: Path
    user: str = "root"
    folder: str = "/"
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    command: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """Where a path of the image lies on the machine."""
        return self.root / os.path.normpath(os.path.join(self.folder, path)).lstrip("/")

    def started(self, command: Sequence[str], **more: str) -> subprocess.Popen[bytes]:
        """A process in the image, as the user that is set."""
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        kept = {k: v for k, v in os.environ.items() if k.startswith(PASSED)}
        env = {"HOME": home, **kept, **{k: v for k, v in self.env.items() if v}, **more}
        at = shlex.join(["cd", self.folder]) + " && exec " + shlex.join(command)
        enter = [CHROOT, f"--userspec={self.user}", str(self.root), "/bin/sh", "-c", at]
        return subprocess.Popen(enter, env=env)

    def do(self, step: Step, context: Path) -> None:
        """Carries out a step.

        Raises:
            SystemExit: if it fails.
        """
        words = step.words if step.name == "RUN" else filled(step.words, self.env)
        match step.name:
            case "RUN":
                code = self.started(["/bin/sh", "-c", words]).wait()
                if code:
                    raise SystemExit(f"{step} ended with {code}")
            case "ENV":
                self.env |= pairs_of(words)
            case "ARG":
                self.env = pairs_of(words) | self.env
            case "USER":
                self.user = words
            case "WORKDIR":
                self.folder = words
                made = ["install", "-d", "-o", self.user, words]
                subprocess.run(["chroot", str(self.root), *made], check=True)
            case "COPY":
                self.copy(words, context)
            case "CMD":
                self.command = json.loads(words)

    def copy(self, words: str, context: Path) -> None:
        """Copies files of the project, as COPY does, and gives them to the user it names."""
        owner = re.match(r"--chown=(\S+) ", words)
        source, target = words[owner.end() if owner else 0 :].split()
        ignored = (context / ".dockerignore").read_text().split()
        begin = context / source
        every = [Path(source)] if begin.is_file() else list(copied(begin, ignored))
        for path in every:
            to = self.inside(target) / path
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(context / path, to)
        if owner:
            given = ["chroot", str(self.root), "chown", "-R", f"{owner[1]}:", self.folder]
            subprocess.run(given, check=True)


def laid_over(folder: Path) -> Path:
    """A root over that of the machine: what is written there comes into `folder` alone."""
    upper, work, root = (folder / name for name in ("upper", "work", "root"))
    for path in (upper, work, root):
        path.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    _call("mount", "-t", "overlay", "overlay", "-o", layers, str(root))
    _call("mount", "--bind", "/dev", str(root / "dev"))
    _call("mount", "-t", "proc", "proc", str(root / "proc"))
    return root


def stand_for_base(root: Path, image: str) -> None:
    """Leaves of the machine a Python of the image's version without packages, and no people.

    Raises:
        SystemExit: if this Python is of another version.
    """
    wanted = re.match(r"python:(\d+\.\d+)", image)
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted is None or wanted[1] != mine:
        raise SystemExit(f"FROM {image} needs that Python; this one is {mine}.")
    for name in ("passwd", "group", "shadow"):
        path = root / "etc" / name
        kept = [line for line in path.read_text().splitlines() if not _is_person(line, name, path)]
        path.write_text("\n".join(kept) + "\n")
    prefix = Path(sys.base_prefix)
    packages = root / str(prefix).lstrip("/") / f"lib/python{mine}/site-packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    for parent in [prefix, *prefix.parents][:-1]:
        (root / str(parent).lstrip("/")).chmod(0o755)
    python = f"{prefix}/bin/python{mine}"
    _call("chroot", str(root), python, "-m", "ensurepip", "--upgrade")
    for name in ("python", "python3"):
        link = root / "usr/local/bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(python)
    pip = root / "usr/local/bin/pip"
    pip.unlink(missing_ok=True)
    pip.write_text(f'#!/bin/sh\nexec {python} -m pip "$@"\n')
    pip.chmod(0o755)


def _is_person(line: str, name: str, path: Path) -> bool:
    """Whether a line of /etc/passwd or its kin is of somebody with a number from 1000 on."""
    if name == "shadow":
        known = (path.parent / "passwd").read_text()
        return f"\n{line.partition(':')[0]}:" not in f"\n{known}"
    return 1000 <= int(line.split(":")[2]) < 60000


def answers(machine: Machine) -> str:
    """Starts what CMD says, and waits until its page answers; another port than the image's.

    Raises:
        SystemExit: if it does not, or the process ends.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = machine.started(machine.command, GRADIO_SERVER_PORT=str(port))
    try:
        until = time.monotonic() + WAIT
        while time.monotonic() < until and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    return f"status {answer.status}, {len(answer.read()):,} bytes"
            except (urllib.error.URLError, OSError):
                time.sleep(1)
        raise SystemExit(f"{machine.command} gave no page in {WAIT} s, code {process.poll()}")
    finally:
        process.terminate()
        process.wait()


def _call(*command: str) -> None:
    subprocess.run(command, check=True)


def main() -> None:
    """Runs every step, or those until one whose words begin so."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--until", default="", help="the first words of the last step to run")
    given = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("Mounting needs root: sudo python3 .ci/docker_steps.py")
    if os.environ.get("DOCKER_STEPS") != "apart":  # mounts of its own, which end with it
        here = [sys.executable, *sys.argv]
        os.environ["DOCKER_STEPS"] = "apart"
        os.execvp("unshare", ["unshare", "--mount", *here])
    folder = Path(tempfile.mkdtemp(prefix="docker-steps-"))
    try:
        machine = Machine(laid_over(folder))
        for step in steps_of((ROOT / "Dockerfile").read_text()):
            print(f"+ {step}", flush=True)
            if step.name == "FROM":
                stand_for_base(machine.root, step.words)
            machine.do(step, ROOT)
            if given.until and str(step).startswith(given.until):
                return
        print(f"the page answers: {answers(machine)}", flush=True)
    finally:
        for name in ("root/proc", "root/dev", "root"):
            subprocess.run(["umount", "-l", str(folder / name)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
