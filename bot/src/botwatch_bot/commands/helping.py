"""`help`: all commands, or one in detail."""

from __future__ import annotations

from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import did_you_mean, quote


def overview(request: Request) -> str:
    """Return one line for each command."""
    prefix = request.bot.prefix
    lines = ["**Commands**"]
    lines += [
        f"`{command.typed(prefix, command.arguments)}` {command.summary}"
        for command in request.commands.values()
    ]
    lines.append(f"Write `{prefix}help roll` to see one of them in detail.")
    return "\n".join(lines)


def details(command: Command, prefix: str) -> str:
    """Return a command's usage, limits and examples."""
    lines = [f"`{command.typed(prefix, command.arguments)}` {command.summary}"]
    if command.details:
        lines.append(command.details[0].upper() + command.details[1:])
    examples = ", ".join(f"`{command.typed(prefix, example)}`" for example in command.examples)
    lines.append(f"For example: {examples}")
    return "\n".join(lines)


async def answer(request: Request) -> str:
    """Answer with the overview, or with one command's details."""
    if not request.text:
        return overview(request)
    prefix = request.bot.prefix
    name = request.text.casefold().removeprefix(prefix)
    command = request.commands.get(name)
    if command is None:
        hint = did_you_mean(name, request.commands)
        message = f"I have no command {quote(request.text)}.{hint}"
        raise UserError(message)
    return details(command, prefix)


COMMAND = Command(
    "help",
    "lists the commands, or explains one",
    answer,
    arguments="[command]",
    examples=("", "roll"),
)
