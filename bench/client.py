"""A client of the page: it asks the server what the page's scripts ask, without a browser.

What it sends follows from the page's own description of itself, which lies in its HTML: which
function belongs to a click, and which controls it reads.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
import orjson
from gradio_client.utils import apply_diff

__all__ = ["Client", "Layout", "Outputs", "TurnedAway"]

CONFIG = "window.gradio_config = "


class TurnedAway(Exception):
    """The server refused, or failed at, what was asked."""


@dataclass(frozen=True)
class Layout:
    """The page's description of itself: its components and its functions."""

    components: Mapping[int, Mapping[str, Any]]
    functions: list[Mapping[str, Any]]

    @classmethod
    def read(cls, html: str) -> "Layout":
        """The description that lies in the HTML of the page."""
        _, found, rest = html.partition(CONFIG)
        if not found:
            raise TurnedAway("The page holds no description of itself.")
        config, _ = json.JSONDecoder().raw_decode(rest)
        components = {c["id"]: c["props"] for c in config["components"]}
        return cls(components, config["dependencies"])

    def component(self, name: str) -> int:
        """The number of the first component with that id or label."""
        for names in self._names:
            if name in names:
                return names[name]
        raise LookupError(f"The page has no component {name}.")

    @cached_property
    def _names(self) -> tuple[Mapping[str, int], ...]:
        """The first components by their ids, and by their labels."""
        backwards = list(self.components.items())[::-1]
        ids, labels = ({p.get(key): n for n, p in backwards} for key in ("elem_id", "label"))
        return ids, labels

    def is_part(self, number: int) -> bool:
        """Whether a script draws a component: then its value is JSON."""
        return bool(self.components[number].get("js_on_load"))

    def function(self, target: str | int, event: str, *, queue: bool) -> Mapping[str, Any]:
        """What an event of a component calls, in the queue or at once."""
        number = self.component(target) if isinstance(target, str) else target
        return next(
            f for f in self.functions if [number, event] in f["targets"] and f["queue"] == queue
        )

    def changed(self, states: Iterable[int]) -> Mapping[str, Any]:
        """What the change of one of these states calls."""
        return next(f for f in self.functions if any([n, "change"] in f["targets"] for n in states))

    def named(self, name: str) -> Mapping[str, Any]:
        """What programs call by that name."""
        return next(
            f for f in self.functions if (f["api_name"], f["api_visibility"]) == (name, "public")
        )

    @cached_property
    def load(self) -> Mapping[str, Any]:
        """What the page asks for its first tab when it is opened."""
        plane = self.component("map")
        loads = (f for f in self.functions if any(t[1] == "load" for t in f["targets"]))
        return next(f for f in loads if plane in f["outputs"])

    def after(self, function: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the server computes once a function has succeeded."""
        return next(
            f for f in self.functions
            if f["trigger_after"] == function["id"] and f["backend_fn"]
        )  # fmt: skip


class Outputs(Sequence[Any]):
    """Outputs as the page's scripts see them: those of parts are JSON, read when asked for."""

    def __init__(self, values: Sequence[Any], parts: Sequence[bool]) -> None:
        self._values, self._parts = values, parts

    def __len__(self) -> int:
        return min(len(self._values), len(self._parts))

    def __getitem__(self, at: Any) -> Any:
        at = range(len(self))[at]
        value = self._values[at]
        return orjson.loads(value) if self._parts[at] and isinstance(value, str) else value


class Client:
    """One tab of one visitor."""

    def __init__(self, address: str, http: httpx.AsyncClient, layout: Layout) -> None:
        self.layout, self.values = layout, dict[int, Any]()
        self._address, self._http = address.rstrip("/"), http
        self._session = secrets.token_hex(6)
        self._query: Mapping[str, str] = {}
        self._waiting: dict[str, asyncio.Queue[Any]] = {}  # messages by event
        self._early: list[Mapping[str, Any]] = []  # that came before the id of their event
        self._joining = 0  # calls whose ids are not known yet
        self._tasks: dict[str, asyncio.Task[None]] = {}
        for number, props in layout.components.items():
            self.values[number] = props.get("value")

    def set(self, name: str, value: Any) -> None:
        """Has a control hold a value."""
        number = self.layout.component(name)
        self.values[number] = json.dumps(value) if self.layout.is_part(number) else value

    def get(self, name: str) -> Any:
        """What a component holds."""
        number = self.layout.component(name)
        value = self.values[number]
        return json.loads(value) if self.layout.is_part(number) and value else value

    async def open(self, query: Mapping[str, str] | None = None) -> list[int]:
        """Loads the page, by a link or not; the numbers of the states that this changed."""
        self._query = query or {}
        async with self._http.stream("GET", f"{self._address}/", params=self._query) as answer:
            if answer.is_error:
                await answer.aread()
            _check(answer)
            async for _ in answer.aiter_raw():  # all of it comes; it is the same for everybody
                pass
        self._tasks["heartbeat"] = asyncio.create_task(self._beat())
        async for message in self.events(self.layout.load):
            changed = message.get("changed_state_ids") or []
        return changed

    async def at_once(self, function: Mapping[str, Any], event: Any = None) -> None:
        """Calls a function that does not wait in the queue."""
        answer = await self._post("run/predict", self._body(function, event))
        self._take(function, orjson.loads(answer)["data"])

    async def serve(self, component: str, name: str, data: Any) -> Any:
        """Calls a function of a component's script."""
        body = {"session_hash": self._session, "component_id": self.layout.component(component)}
        body |= {"fn_name": name, "data": data}
        return orjson.loads(await self._post("component_server", body))

    async def events(
        self, function: Mapping[str, Any], data: list[Any] | None = None
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """Calls a function in the queue; yields its outputs, as they come, under "data"."""
        id = await self.join(function, data)
        async for output in self.follow(function, id):
            yield output

    async def arguments(self, name: str, given: Mapping[str, Any]) -> list[Any]:
        """What a program sends for that function: what is given, and its defaults for the rest."""
        answer = await self._http.get(f"{self._address}/gradio_api/info")
        _check(answer)
        taken = answer.json()["named_endpoints"][f"/{name}"]["parameters"]
        if unknown := set(given) - {p["parameter_name"] for p in taken}:
            raise LookupError(f"/{name} takes no {', '.join(sorted(unknown))}.")
        return [given.get(p["parameter_name"], p.get("parameter_default")) for p in taken]

    async def join(self, function: Mapping[str, Any], data: list[Any] | None = None) -> str:
        """Puts a call into the queue; its id."""
        body = self._body(function, None)
        if data is not None:
            body["data"] = data
        self._joining += 1
        try:
            answer = await self._post("queue/join", body, self._query)
        finally:
            self._joining -= 1
        id: str = orjson.loads(answer)["event_id"]
        self._waiting[id] = asyncio.Queue()
        early, self._early = self._early, []
        for message in early:
            self._hand_out(message)
        if "stream" not in self._tasks or self._tasks["stream"].done():
            self._tasks["stream"] = asyncio.create_task(self._listen())
        return id

    async def follow(
        self, function: Mapping[str, Any], id: str
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """Yields the outputs of a call in the queue.

        Raises:
            TurnedAway: if the call is refused or fails, or the connection ends before it does.
        """
        held: list[Any] | None = None
        try:
            while True:
                message = await self._waiting[id].get()
                if message["msg"] not in ("process_generating", "process_completed"):
                    continue
                output = message["output"]
                if not message.get("success", True):
                    raise TurnedAway(str(output.get("error", output)))
                if message["msg"] == "process_generating":
                    sent = output["data"]
                    held = sent if held is None else list(map(_applied, held, sent))
                    output = {**output, "data": held}
                self._take(function, output.get("data") or [])
                yield {**output, "data": self._read(function, output.get("data") or [])}
                if message["msg"] == "process_completed":
                    return
        finally:
            self._waiting.pop(id, None)

    async def close(self) -> None:
        """Closes the tab: every connection ends."""
        for task in self._tasks.values():
            task.cancel()
        for task in self._tasks.values():
            with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                await task
        self._tasks = {}

    async def _post(
        self, name: str, body: Mapping[str, Any], query: Mapping[str, str] | None = None
    ) -> bytes:
        """What the server answers to a body."""
        answer = await self._http.post(
            f"{self._address}/gradio_api/{name}", content=orjson.dumps(body), params=query,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        _check(answer)
        return answer.content

    def _body(self, function: Mapping[str, Any], event: Any) -> dict[str, Any]:
        targets = function["targets"]
        return {
            "data": [self.values.get(number) for number in function["inputs"]],
            "event_data": event, "fn_index": function["id"], "session_hash": self._session,
            "trigger_id": targets[0][0] if targets else None,
        }  # fmt: skip

    def _take(self, function: Mapping[str, Any], data: list[Any]) -> None:
        """Puts outputs into the components that show them."""
        for number, value in zip(function["outputs"], data, strict=False):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" in value:
                    self.values[number] = value["value"]
            else:
                self.values[number] = value

    def _read(self, function: Mapping[str, Any], data: list[Any]) -> Outputs:
        return Outputs(data, [self.layout.is_part(number) for number in function["outputs"]])

    async def _beat(self) -> None:
        """Keeps the connection by which the server sees that the tab is open."""
        address = f"{self._address}/gradio_api/heartbeat/{self._session}"
        async with self._http.stream("GET", address) as answer:
            async for _ in answer.aiter_raw():
                pass

    async def _listen(self) -> None:
        """Hands messages to whoever waits for them, until nobody does."""
        address = f"{self._address}/gradio_api/queue/data"
        try:
            while self._waiting:
                params = {"session_hash": self._session}
                async with self._http.stream("GET", address, params=params) as answer:
                    rest = b""
                    async for part in answer.aiter_bytes():
                        *lines, rest = (rest + part).split(b"\n")
                        for line in lines:
                            if line.startswith(b"data:"):
                                self._hand_out(orjson.loads(line[5:]))
        except httpx.HTTPError as error:
            lost = {"msg": "process_completed", "success": False, "output": {"error": repr(error)}}
            for queue in self._waiting.values():
                queue.put_nowait(lost)

    def _hand_out(self, message: Mapping[str, Any]) -> None:
        if message["msg"] in ("unexpected_error", "server_stopped"):
            error = {"error": message.get("message", message["msg"])}
            for queue in self._waiting.values():
                queue.put_nowait({"msg": "process_completed", "success": False, "output": error})
        elif message.get("event_id") in self._waiting:
            self._waiting[message["event_id"]].put_nowait(message)
        elif self._joining and message.get("event_id"):
            self._early.append(message)


def _applied(value: Any, diff: list[Any]) -> Any:
    """A value once what has changed of it is put in; that copies it, and most have not changed."""
    return apply_diff(value, diff) if diff else value


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        raise TurnedAway(f"{answer.status_code} from {answer.url.path}: {answer.text[:200]}")
