"""What a ComfyUI server makes of a workflow: whether it takes it, and what size its pictures have.

`comfyui_nodes.json` is a cut of `/object_info`: two classes as recorded from 0.3.64, the others put together from the
workflows that it has checked and its nodes' own code. Refusals have the recorded shapes (2026-11-20).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeAlias

from limner.domain.request import Size
from limner.testing.stand_in import Wrong
from limner.workflows.graph import Graph, Node

Json: TypeAlias = "dict[str, object]"
FOLLOWED = ("images", "image", "pixels", "samples", "latent_image", "destination")
PARSERS = {"INT": int, "FLOAT": float, "STRING": str}


def nodes() -> dict[str, dict[str, object]]:
    """The classes that the server has, by name."""
    read: dict[str, dict[str, object]] = json.loads(
        Path(__file__).with_name("comfyui_nodes.json").read_text(encoding="utf-8")
    )
    return read


class Refused(Wrong):
    """A workflow of which nothing can run: the error and what is wrong with each node."""

    def __init__(self, code: str, message: str, details: str = "", node_errors: Json | None = None) -> None:
        super().__init__(message, code=code)
        self.body = {
            "error": {"type": code, "message": message, "details": details, "extra_info": {}},
            "node_errors": node_errors or {},
        }


class Rules:
    """Checks workflows against the nodes that are there and the files that have been uploaded."""

    def __init__(self) -> None:
        self.nodes = nodes()

    def checked(self, graph: Graph, inputs: Collection[str]) -> tuple[list[str], Json]:
        """The outputs that can run, and what is wrong with the rest. Raises Refused where none can."""
        for node in graph.nodes.values():
            if node.kind not in self.nodes:
                words = f"Cannot execute because node {node.kind} does not exist."
                raise Refused("invalid_prompt", words, f"Node ID '#{node.id}'")
        outputs = [node for node in graph.nodes.values() if self.nodes[node.kind]["output_node"]]
        if not outputs:
            raise Refused("prompt_no_outputs", "Prompt has no outputs")
        wrong: dict[str, object] = {}
        good: list[str] = []
        for output in outputs:
            found = {node.id: self._errors(graph, node, inputs) for node in graph.upstream(output)}
            found = {id: errors for id, errors in found.items() if errors}
            good += [] if found else [output.id]
            for id, errors in found.items():
                kind = graph.nodes[id].kind
                wrong[id] = {"errors": errors, "dependent_outputs": [output.id], "class_type": kind}
        if not good:
            raise Refused("prompt_outputs_failed_validation", "Prompt outputs failed validation", "", wrong)
        return good, wrong

    def _errors(self, graph: Graph, node: Node, inputs: Collection[str]) -> list[Json]:
        table = self.nodes[node.kind]["input"]
        groups: Mapping[str, Mapping[str, list[object]]] = table if isinstance(table, Mapping) else {}
        found: list[Json] = []
        missing = [name for name in groups.get("required", {}) if name not in node.inputs]
        found += [_error("required_input_missing", "Required input is missing", name, name) for name in missing]
        for name, told in {**groups.get("required", {}), **groups.get("optional", {})}.items():
            if name in node.inputs:
                found += self._input_errors(graph, node, name, told, inputs)
        return found

    def _input_errors(
        self, graph: Graph, node: Node, name: str, told: list[object], inputs: Collection[str]
    ) -> list[Json]:
        link, value = node.link(name), node.inputs[name]
        if link is not None:
            return self._link_errors(graph, name, told, link.node, link.slot)
        if isinstance(told[1] if len(told) > 1 else None, Mapping) and told[1].get("image_upload"):  # type: ignore[attr-defined]  # a mapping, as just seen
            if value in inputs:
                return []
            details = f"{name} - Invalid image file: {value}"
            return [_error("custom_validation_failed", "Custom validation failed for node", details, name)]
        return _value_errors(name, told, value)

    def _link_errors(self, graph: Graph, name: str, told: list[object], target: str, slot: int) -> list[Json]:
        if target not in graph.nodes:
            words = "Exception when validating inner node"
            error = _error("exception_during_inner_validation", words, f"'{target}'", name, input_config=told)
            more = {"exception_type": "KeyError", "traceback": ['  File "<comfyui>/execution.py", line 808\n']}
            return [{**error, "extra_info": {**error["extra_info"], **more}}]  # type: ignore[dict-item]  # a mapping
        gives = self.nodes[graph.nodes[target].kind]["output"]
        given = gives[slot] if isinstance(gives, list) and slot < len(gives) else "nothing"
        if given == told[0]:
            return []
        details = f"{name}, received_type({given}) mismatch input_type({told[0]})"
        return [_error("return_type_mismatch", "Return type mismatch between linked nodes", details, name)]


def _value_errors(name: str, told: list[object], value: object) -> list[Json]:
    """What is wrong with a value that is written out."""
    more = {"input_config": told, "received_value": value}
    if isinstance(told[0], list):
        details = f"{name}: '{value}' not in {told[0]}"
        return [] if value in told[0] else [_error("value_not_in_list", "Value not in list", details, name, **more)]
    parse = PARSERS.get(str(told[0]))
    options = told[1] if len(told) > 1 and isinstance(told[1], Mapping) else {}
    if parse is None:
        return []
    try:
        number = parse(value)
    except (TypeError, ValueError) as error:
        words = f"Failed to convert an input value to a {told[0]} value"
        return [_error("invalid_input_type", words, f"{name}, {value}, {error}", name, **more)]
    if "min" in options and number < options["min"]:
        words = f"Value {number} smaller than min of {options['min']}"
        return [_error("value_smaller_than_min", words, name, name, **more)]
    if "max" in options and number > options["max"]:
        words = f"Value {number} bigger than max of {options['max']}"
        return [_error("value_bigger_than_max", words, name, name, **more)]
    return []


def _error(kind: str, message: str, details: str, name: str, **more: object) -> Json:
    return {"type": kind, "message": message, "details": details, "extra_info": {"input_name": name, **more}}


def made_by(graph: Graph, node: Node, inputs: Mapping[str, Size]) -> tuple[Size, int]:
    """The size of the pictures that a node gives, and how many they are."""
    given = {name: value for name, value in node.inputs.items() if isinstance(value, int | float)}
    if node.kind in {"EmptyLatentImage", "EmptySD3LatentImage", "EmptyImage"}:
        return Size(int(given["width"]), int(given["height"])), int(given["batch_size"])
    if node.kind == "LoadImage":
        return inputs[str(node.inputs["image"])], 1
    source = next(target for name in FOLLOWED if (target := graph.target(node.link(name))) is not None)
    size, count = made_by(graph, source, inputs)
    return _resized(node.kind, size, given), count * int(given.get("amount", 1))


def _resized(kind: str, size: Size, given: Mapping[str, float]) -> Size:
    """What becomes of the size of a picture that a node takes."""
    match kind:
        case "ImageScale":
            return Size(int(given["width"]), int(given["height"]))
        case "ImageScaleBy":
            return Size(round(size.width * given["scale_by"]), round(size.height * given["scale_by"]))
        case "ImageUpscaleWithModel":
            return Size(size.width * 4, size.height * 4)
        case "ImagePadForOutpaint":
            across, down = given["left"] + given["right"], given["top"] + given["bottom"]
            return Size(size.width + int(across), size.height + int(down))
        case "VAEEncode" | "VAEEncodeForInpaint" | "InpaintModelConditioning":
            return Size(size.width // 8 * 8, size.height // 8 * 8)
    return size
