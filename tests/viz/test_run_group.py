"""Runs that go on together keep their order in the line."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest

from viz.serving import run_group
from viz.serving.run_group import RunGroup

SECONDS = {"0": 0.1, "1": 0.0, "2": 0.05}  # that each takes before it stands in the line


def test_one_that_is_looked_up_longer_keeps_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []

    class Desk:
        kept = SimpleNamespace(keeps=True)

        async def run(
            self, visitor: str, request: Any, dials: Any, begun: Any, *, aside: bool
        ) -> AsyncGenerator[Any, None]:
            await asyncio.sleep(SECONDS[request.place])
            entered.append(request.place)
            begun(SimpleNamespace(key="key"))
            await asyncio.sleep(0.05)
            for nothing in ():
                yield nothing

    desk: Any = Desk()
    monkeypatch.setattr(run_group, "open_desk", lambda: desk)
    requests: Any = {
        place: SimpleNamespace(place=place, cfg_scale=1.0, options={}) for place in SECONDS
    }

    async def finish(place: str, run: Any) -> str:
        raise AssertionError("nothing is made here")

    async def follow() -> None:
        group: RunGroup[Any] = RunGroup(
            "a visitor", requests, finish, step=lambda step: step, pause=0.0,
            begun=lambda job: None, private={},
        )  # fmt: skip
        async for _ in group.follow():
            pass
        assert not group.wrong

    asyncio.run(follow())
    assert entered == list(SECONDS)
