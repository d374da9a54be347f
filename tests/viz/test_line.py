"""The waiting line: who is next, what is done once, and what becomes of those who leave."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from distiller.errors import Refused
from viz.serving import line as module
from viz.serving.job import Busy, Job, Place, places_of
from viz.serving.line import NICE, Line

Make = Callable[[], Generator[Any, None, Any]]


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line(most=20)
    yield made
    made.close()


class Gate:
    """Jobs that take one step each time the gate is opened for them, and say when they ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.closed: list[str] = []
        self._steps = threading.Semaphore(0)

    def open(self, steps: int = 1) -> None:
        for _ in range(steps):
            self._steps.release()

    def job(self, name: str, steps: int = 1) -> Make:
        def make() -> Generator[Any, None, Any]:
            try:
                for i in range(steps):
                    assert self._steps.acquire(timeout=30)
                    self.ran.append(name)
                    yield f"{name} {i}"
                return name.upper()
            finally:
                self.closed.append(name)

        return make


def over(*jobs: Job) -> None:
    """Waits until jobs are over."""
    until(lambda: all(job.over for job in jobs))


def until(true: Callable[[], bool]) -> None:
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


async def everything(line: Line, job: Job, visitor: str = "a") -> list[Any]:
    return [shown async for shown in line.follow(job, visitor)]


def test_a_visitors_tenth_click_stands_behind_anothers_first(line: Line) -> None:
    gate = Gate()
    eager = [line.join("a", gate.job(f"a{i}")) for i in range(10)]
    until(lambda: eager[0].state == "running")
    late = line.join("b", gate.job("b"))
    place = line.place(late)
    assert place == Place(ahead=1, seconds=pytest.approx(1.0, abs=0.2))
    assert line.place(eager[9]).ahead == 10  # type: ignore[union-attr]
    gate.open(11)
    over(*eager, late)
    assert gate.ran[:3] == ["a0", "b", "a1"]


def first_is_shown(shown: str) -> bool:
    return shown.endswith(" 0")


def test_the_rest_of_a_job_waits_for_its_visitors_next(line: Line) -> None:
    gate = Gate()
    jobs = [line.join("a", gate.job(name, 2), rests=first_is_shown) for name in ("one", "two")]
    until(lambda: jobs[0].state == "running")
    gate.open(4)
    over(*jobs)
    assert gate.ran == ["one", "two", "one", "two"]


def test_the_rest_of_a_job_waits_for_no_other_visitor(line: Line) -> None:
    gate = Gate()
    one = line.join("a", gate.job("one", 2), rests=first_is_shown)
    until(lambda: one.state == "running")
    jobs = [one, line.join("b", gate.job("b")), line.join("a", gate.job("two", 2))]
    gate.open(5)
    over(*jobs)
    assert gate.ran == ["one", "one", "b", "two", "two"]


def test_the_rest_of_a_job_that_others_want_too_does_not_wait(line: Line) -> None:
    gate = Gate()
    one = line.join("a", gate.job("one", 2), key="k", rests=first_is_shown)
    until(lambda: one.state == "running")
    jobs = [one, line.join("b", gate.job("one"), key="k"), line.join("a", gate.job("two", 2))]
    gate.open(4)
    over(*jobs)
    assert gate.ran == ["one", "one", "two", "two"]


def test_who_asks_for_costly_runs_waits_longer(line: Line) -> None:
    """Of two who ask for three each, the one whose runs are five times as long gets fewer turns."""
    gate = Gate()
    first = line.join("x", gate.job("x"))
    until(lambda: first.state == "running")
    jobs = [line.join("slow", gate.job("slow"), cost=lambda: 5.0) for _ in range(3)]
    jobs += [line.join("fast", gate.job("fast"), cost=lambda: 1.0) for _ in range(3)]
    gate.open(7)
    over(*jobs)
    assert gate.ran[1:] == ["slow", "fast", "fast", "fast", "slow", "slow"]


def test_the_same_request_is_done_once_and_all_get_its_result(line: Line) -> None:
    gate = Gate()
    jobs = [line.join(f"v{i}", gate.job("same", 2), key="k") for i in range(30)]
    assert len({job.id for job in jobs}) == 1
    assert jobs[0].shared
    gate.open(2)
    over(jobs[0])
    assert gate.ran == ["same", "same"]
    assert jobs[0].result == "SAME"
    again = line.join("later", gate.job("anew"), key="k")  # what is over is not joined
    assert again is not jobs[0]
    gate.open()


def test_who_comes_late_sees_the_newest_and_who_comes_back_the_result(line: Line) -> None:
    gate = Gate()
    job = line.join("a", gate.job("a", 3))
    gate.open(2)
    until(lambda: job.shown == "a 1")

    async def follow() -> list[Any]:
        seen = []
        async for shown in line.follow(job, "a"):
            seen.append(shown)
            gate.open()
        return seen

    assert asyncio.run(follow()) == ["a 1", "a 2"]
    over(job)
    found = line.find(job.id)
    assert found is job
    assert asyncio.run(everything(line, job)) == ["a 2"]
    assert job.result == "A"


def test_a_run_outlives_its_connection(line: Line) -> None:
    gate = Gate()
    job = line.join("a", gate.job("a", 2), key="k")
    gate.open()

    async def drop() -> None:
        followed = line.follow(job, "a")
        assert await anext(followed) is not None
        await followed.aclose()

    asyncio.run(drop())
    gate.open()
    over(job)
    assert (job.state, job.result) == ("done", "A")


def test_what_waits_for_nobody_is_taken_out_after_a_grace_time() -> None:
    now = [0.0]
    line = Line(clock=lambda: now[0], grace=5.0)
    gate = Gate()
    first, left = line.join("a", gate.job("a")), line.join("b", gate.job("b"))
    until(lambda: first.state == "running")
    now[0] = 5.0
    assert line.find(left.id) is left
    assert left.state == "waiting"
    now[0] = 5.1
    assert line.find(left.id) is left
    assert left.state == "stopped"
    gate.open()
    over(first)
    assert first.state == "done"
    now[0] += module.KEPT + 1
    assert line.find(first.id) is None
    line.close()
    assert gate.ran == ["a"]


def test_what_many_runs_made_is_not_held_for_ever(line: Line) -> None:
    gate, jobs = Gate(), list[Job]()
    gate.open(40)
    for k in range(40):
        jobs.append(line.join("a", gate.job(str(k))))
        until(lambda: jobs[-1].over)
    found = [line.find(job.id) is not None for job in jobs]
    assert found == [False] * 20 + [True] * 20  # the newest
    assert asyncio.run(everything(line, jobs[0])) == ["0 0"]  # whoever follows it still is served


def test_who_stops_leaves_the_line_at_once_and_closes_what_nobody_else_wants(line: Line) -> None:
    gate = Gate()
    one, two = line.join("a", gate.job("one", 3), key="1"), line.join("a", gate.job("two"))
    until(lambda: one.state == "running")
    line.leave(two, "a")
    assert two.state == "stopped"
    assert line.place(two) is None
    line.join("b", gate.job("one", 3), key="1")
    line.leave(one, "a")
    assert one.state == "running"  # b wants it still
    line.leave(one, "b")
    assert one.state == "stopped"
    gate.open(1)
    until(lambda: gate.closed == ["one"])
    assert gate.ran == ["one"]
    assert asyncio.run(everything(line, two)) == []


def test_who_leaves_a_shared_job_hears_no_more_of_it(line: Line) -> None:
    gate = Gate()
    job = line.join("a", gate.job("x", 2), key="k")
    line.join("b", gate.job("x", 2), key="k")

    async def follow() -> list[Any]:
        seen = []
        gate.open()
        async for shown in line.follow(job, "a"):
            seen.append(shown)
            if shown == "x 0":
                line.leave(job, "a")
        return seen

    assert asyncio.run(follow())[-1] == "x 0"
    assert job.state == "running"
    gate.open()
    over(job)
    assert job.result == "X"


def test_only_what_nobody_else_wants_may_be_changed(line: Line) -> None:
    gate = Gate()
    job = line.join("a", gate.job("x"), key="k")
    assert line.claim(job)
    other = line.join("b", gate.job("x"), key="k")  # it is another's now, so a new one begins
    assert other is not job
    line.join("c", gate.job("x"), key="k")
    assert not line.claim(other)
    gate.open(2)
    over(job, other)
    assert not line.claim(job)


def test_what_waits_is_told_by_what_is_known_now(line: Line) -> None:
    gate, seconds = Gate(), [1.0]
    first = line.join("a", gate.job("a"), cost=lambda: seconds[0])
    until(lambda: first.state == "running")
    second = line.join("b", gate.job("b"))
    assert line.place(second) == Place(ahead=1, seconds=pytest.approx(1.0, abs=0.2))
    seconds[0] = 60.0
    assert line.place(second) == Place(ahead=1, seconds=pytest.approx(60.0, abs=0.2))
    gate.open(2)
    over(first, second)


@pytest.mark.parametrize(
    ("share", "spent", "told"),
    [
        (0.5, 6.0, [6.0, 6.0 + 4 * 3**0.5]),  # 12 s instead of 4: others are told of half of it
        (0.5, 2.0, [2.0, 6.0]),  # as it was expected
        (0.5, 0.5, [0.5, 2.5]),  # a quarter of its time
        (0.02, 0.4, [3.6, 7.6]),  # too early to tell
        (0.0, 8.0, [0.8, 0.8 + 4 * 2**0.5]),  # nobody knows its share, but it takes twice its time
        (0.5, 60.0, [6.4, 22.4]),  # sixteen times is the most
    ],
)
def test_a_job_in_service_tells_how_fast_the_machine_is(
    share: float, spent: float, told: list[float]
) -> None:
    first, *others = (
        Job(lambda: (yield), None, lambda: 4.0, False, share=lambda shown: share) for _ in range(3)
    )
    first.state, first.shown, first.spent = "running", "something", spent
    for tag, job in enumerate((first, *others)):
        job.tags["a"] = float(tag)
    found = places_of([first, *others])
    assert [found[job.id].ahead for job in others] == [1, 2]
    assert [found[job.id].seconds for job in others] == pytest.approx(told)
    assert first.id not in found


def test_a_long_job_tells_nothing_of_the_machine() -> None:
    """It makes way for the others, and takes however long it takes."""
    long, short, next_one = (
        Job(lambda: (yield), None, lambda: 4.0, long) for long in (True, False, False)
    )
    long.state, long.shown, long.spent = "running", "something", 400.0
    for tag, job in enumerate((long, short, next_one)):
        job.tags["a"] = float(tag)
    found = places_of([long, short, next_one])
    assert [found[job.id].seconds for job in (short, next_one)] == [0.0, 4.0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_the_thread_that_does_the_jobs_stands_back(line: Line) -> None:
    """Clicks are answered first; what torch begins from that thread has its priority, too."""

    def make() -> Generator[Any, None, int]:
        yield
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = os.getpriority(os.PRIO_PROCESS, 0)
    job = line.join("a", make)
    over(job)
    assert job.result == max(before, NICE)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_a_long_job_makes_way_between_two_steps_and_goes_on(line: Line) -> None:
    gate = Gate()
    long = line.join("a", gate.job("long", 4), cost=lambda: 100.0, long=True)
    gate.open()
    until(lambda: long.shown == "long 0")
    short = line.join("b", gate.job("short", 2))
    gate.open(5)
    over(short, long)
    assert gate.ran[2:4] == ["short", "short"]  # after the step it was in
    assert gate.ran.count("long") == 4
    assert long.result == "LONG"


def test_a_long_job_is_not_starved() -> None:
    """With short jobs always waiting it gets its share of a clock that each step advances."""
    now = [0.0]
    ran: list[str] = []
    line = Line(clock=lambda: now[0])
    begin = threading.Event()

    def job(name: str, steps: int) -> Make:
        def make() -> Generator[Any, None, None]:
            for _ in range(steps):
                assert begin.wait(30)
                now[0] += 1.0
                ran.append(name)
                yield name

        return make

    jobs = [line.join("a", job("short", 1)) for _ in range(20)]
    until(lambda: jobs[0].state == "running")
    jobs.append(line.join("b", job("long", 10), long=True))
    begin.set()
    over(*jobs)
    line.close()
    before = ran[: len(ran) - ran[::-1].index("short")]
    assert 3 <= before.count("long") <= 6  # a fifth of the time that both wanted


def test_a_full_line_refuses_in_words_and_lets_equal_requests_in() -> None:
    line, gate = Line(most=2), Gate()
    first = line.join("a", gate.job("a"))
    until(lambda: first.state == "running")
    jobs = [first, line.join("a", gate.job("b"), key="b"), line.join("a", gate.job("c"))]
    with pytest.raises(Busy, match="2 runs wait already"):
        line.join("z", gate.job("z"))
    assert line.join("z", gate.job("b"), key="b") is jobs[1]
    gate.open(3)
    over(*jobs)
    line.close()


def test_what_a_job_raises_reaches_who_follows_and_the_line_goes_on(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    def refused() -> Generator[Any, None, None]:
        raise Refused("no such class")
        yield

    def broken() -> Generator[Any, None, None]:
        yield 1
        raise ZeroDivisionError

    for make, error in ((refused, Refused), (broken, ZeroDivisionError)):
        with pytest.raises(error):
            asyncio.run(everything(line, line.join("a", make)))
    assert "a job failed" in caplog.text
    gate = Gate()
    gate.open()
    job = line.join("a", gate.job("next"))
    assert asyncio.run(everything(line, job))[-1] == "next 0"


def test_who_stands_where_they_stood_is_not_told_again(line: Line) -> None:
    """Fifty who come at once would else be told of each other 2,500 times."""
    gate = Gate()
    first = line.join("a", gate.job("a"))
    until(lambda: first.state == "running")
    second = line.join("b", gate.job("b"))
    told = second.version
    third = line.join("c", gate.job("c"))
    assert second.version == told
    assert [line.place(job).ahead for job in (second, third)] == [1, 2]  # type: ignore[union-attr]
    told = third.version
    line.leave(second, "b")
    assert third.version > told
    assert line.place(third).ahead == 1  # type: ignore[union-attr]
    gate.open(2)
    over(first, third)


def test_places_grow_smaller_while_one_waits(line: Line) -> None:
    gate = Gate()
    jobs = [line.join("a", gate.job(f"{i}")) for i in range(3)]

    async def follow() -> list[Any]:
        seen: list[Any] = []
        async for shown in line.follow(jobs[2], "a"):
            seen.append(shown)
            if isinstance(shown, Place):
                gate.open()
        return seen

    def own_step() -> None:
        until(lambda: jobs[2].state != "waiting")
        gate.open()

    helper = threading.Thread(target=own_step)
    helper.start()
    seen = asyncio.run(follow())
    helper.join()
    places = [shown.ahead for shown in seen if isinstance(shown, Place)]
    assert places == sorted(places, reverse=True)
    assert places[0] == 2
    assert seen[-1] == "2 0"
