"""`help`: all commands, or one in detail."""

from __future__ import annotations

from botwatch_bot.commands.spec import Command, Request, UserError
from botwatch_bot.commands.text import did_you_mean, quote
from botwatch_bot.texts import phrase


def overview(request: Request) -> str:
    """Return one line for each command."""
    lines = [request.texts("help.title")]
    lines += [_headline(command, request) for command in request.commands.values()]
    lines.append(request.texts("help.more", prefix=request.prefix))
    return "\n".join(lines)


def details(command: Command, request: Request) -> str:
    """Return a command's usage, limits and examples."""
    lines = [_headline(command, request)]
    limits = command.details(request.texts)
    if limits:
        lines.append(limits[0].upper() + limits[1:])
    examples = [f"`{command.typed(request.prefix, example)}`" for example in command.examples]
    lines.append(request.texts("help.examples", examples=", ".join(examples)))
    return "\n".join(lines)


async def answer(request: Request) -> str:
    """Answer with the overview, or with one command's details."""
    if not request.text:
        return overview(request)
    name = request.text.casefold().removeprefix(request.prefix)
    command = request.commands.get(name)
    if command is None:
        hint = did_you_mean(name, request.commands)
        raise UserError(phrase("help.unknown", word=quote(request.text), hint=hint))
    return details(command, request)


def _headline(command: Command, request: Request) -> str:
    texts = request.texts
    usage = command.typed(request.prefix, texts.say(command.arguments))
    note = f" {texts('help.operators')}" if command.operators_only else ""
    return f"`{usage}` {texts.say(command.summary)}{note}"


COMMAND = Command("help", answer, takes="command", examples=("", "roll"))
