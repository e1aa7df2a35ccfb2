"""How far a workflow is, from what a ComfyUI server says while it runs one.

Messages are `{"type": ..., "data": {...}}`; previews come as binary frames. Recorded from ComfyUI 0.3.64, 2026-11-20.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from limner.workflows.graph import Graph

PREVIEW, TOLD_PREVIEW = 1, 4
"""Kinds of binary frames with a picture: one that does not say whose it is, and one that does."""
HELLO = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
"""The first message of a client that wants previews to say whose they are."""
ENDS = {"execution_error", "execution_interrupted"}


def weights(graph: Graph, output: str) -> dict[str, int]:
    """How much of the whole each node is: a sampler as much as its steps, everything else one."""
    steps = [value for node in graph.nodes.values() if isinstance(value := node.inputs.get("steps"), int)]
    return {
        node.id: max([1, *steps]) if node.link("latent_image") else 1 for node in graph.upstream(graph.nodes[output])
    }


@dataclass(kw_only=True)
class Progress:
    """Follows one call through the messages of its socket."""

    prompt_id: str
    weights: Mapping[str, int]
    share: float = 0.0
    """0 to 1; never runs backwards."""
    stage: str = "preparing"
    running: bool = False
    ended: bool = False
    """Whether the server is done with it, well or not: its history says which."""
    _painted: bool = field(default=False, init=False)

    def take(self, text: str) -> bool:
        """Reads a message. Whether it is news of this call."""
        kind, data = _read(text)
        if data.get("prompt_id") != self.prompt_id:
            return False
        self.running = True
        if kind in ENDS or (kind == "executing" and data.get("node") is None):
            self.ended = True
        elif kind == "executing":
            self._enter(str(data["node"]))
        elif kind == "progress_state":
            self._count(data.get("nodes"))
        elif kind == "execution_cached":
            self._cached(data.get("nodes"))
        return True

    def preview(self, frame: bytes) -> bytes | None:
        """The picture of a binary frame; None for other kinds, and for pictures of other calls."""
        if len(frame) < 8:
            return None
        event, second = struct.unpack(">II", frame[:8])
        if event == PREVIEW:
            # One job runs at a time, so a picture that comes while ours runs is ours.
            return frame[8:] if self.running and not self.ended else None
        if event != TOLD_PREVIEW:
            return None
        _, about = _read(b'{"data":' + frame[8 : 8 + second] + b"}")
        return frame[8 + second :] if about.get("prompt_id") == self.prompt_id else None

    def _enter(self, node: str) -> None:
        paints = self.weights.get(node, 1) > 1
        self._painted = self._painted or paints
        self.stage = "painting" if paints else "finishing" if self._painted else "preparing"

    def _count(self, nodes: object) -> None:
        done = 0.0
        for node, state in nodes.items() if isinstance(nodes, Mapping) else ():
            value, most = (state.get("value"), state.get("max")) if isinstance(state, Mapping) else (0, 0)
            if isinstance(value, int | float) and isinstance(most, int | float) and most > 0:
                done += self.weights.get(str(node), 0) * min(value / most, 1.0)
        self._reach(done)

    def _cached(self, nodes: object) -> None:
        """What the server has kept from earlier calls need not be done again."""
        if isinstance(nodes, list):
            kept = {str(node) for node in nodes}
            self.weights = {node: weight for node, weight in self.weights.items() if node not in kept}

    def _reach(self, done: float) -> None:
        whole = sum(self.weights.values())
        self.share = max(self.share, min(done / whole, 1.0) if whole else 1.0)


def _read(text: str | bytes) -> tuple[str, Mapping[str, object]]:
    """Kind and data of a message; nothing where it is none."""
    try:
        message = json.loads(text)
    except ValueError:
        return "", {}
    data = message.get("data") if isinstance(message, dict) else None
    return (str(message.get("type")), data) if isinstance(data, dict) else ("", {})
