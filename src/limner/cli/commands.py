"""All commands by name; the module of a command is loaded when the command is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from limner import __version__
from limner.domain.errors import UsageError

HOMES: Mapping[str, str] = {
    "generate": "painting",
    "edit": "painting",
    "outpaint": "painting",
    "vary": "painting",
    "upscale": "painting",
    "style": "painting",
    "remove-background": "painting",
    "batch": "batch",
    "batches": "batches",
    "compare": "comparing",
    "estimate": "estimating",
    "models": "listing",
    "providers": "services",
    "presets": "presets",
    "templates": "templates",
    "prompt": "prompts",
    "enhance": "enhancing",
    "chat": "chat",
    "chats": "chats",
    "describe": "describing",
    "texts": "texts",
    "keys": "keys",
    "profiles": "profiles",
    "budgets": "budgets",
    "users": "users",
    "tokens": "tokens",
    "audit": "audit",
    "alerts": "alerts",
    "reports": "reports",
    "webhooks": "webhooks",
    "workflows": "workflows",
    "pipelines": "pipelines",
    "history": "library",
    "show": "library",
    "open": "library",
    "favorite": "curating",
    "trash": "curating",
    "restore": "curating",
    "export": "exporting",
    "import": "exporting",
    "clean": "cleaning",
    "shares": "sharing",
    "tags": "tags",
    "collections": "collections",
    "rerun": "rerunning",
    "verify": "verifying",
    "cancel": "admin",
    "queue": "queue",
    "resolve": "admin",
    "serve": "admin",
    "mcp": "mcp",
    "doctor": "doctor",
    "conformance": "conforming",
}
"""The module of `limner.cli` in which each command stands, in the order of `limner --help`."""
GROUPS = frozenset(
    {"batches", "budgets", "chats", "collections", "compare", "keys", "pipelines", "presets", "profiles", "prompt"}
    | {"providers", "queue", "reports", "shares", "tags", "templates", "texts", "tokens", "users", "webhooks"}
    | {"workflows"}
)
"""Those that have commands below them: all that their module has."""


class Commands(TyperGroup):
    """The commands of `limner`."""

    def list_commands(self, ctx: object) -> list[str]:
        """Their names."""
        del ctx  # they are the same everywhere
        return list(HOMES)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """One command. Raises UsageError with the nearest names; None for what is no name at all."""
        del ctx  # they are the same everywhere
        if cmd_name in HOMES:
            app: typer.Typer = import_module(f"limner.cli.{HOMES[cmd_name]}").app
            group = get_group(app)
            if cmd_name in GROUPS:
                group.name = cmd_name
                return group
            found = group.commands[cmd_name]
            return found if isinstance(found, TyperCommand) else None
        if cmd_name.startswith("-"):
            return None
        near = get_close_matches(cmd_name, HOMES, n=3)
        advice = f"Nearest: {', '.join(near)}." if near else "`limner --help` lists them all."
        raise UsageError(f"There is no command '{cmd_name}'. {advice}", field="command")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"limner {__version__}")
        raise typer.Exit


app = typer.Typer(cls=Commands, add_completion=False)


@app.callback()
def limner(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Pictures from any image model through one door."""
