"""Whose fault was it: turns what a command raised into a status, a reply and an error to count."""

from __future__ import annotations

from dataclasses import dataclass

from discord.ext import commands

from botwatch_bot.commands import UserError
from botwatch_bot.gateway.context import SendError, SendRefusedError
from botwatch_bot.metrics import ErrorType, Status

APOLOGY = "Something went wrong on my side; it has been noted. Please try again in a moment."


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a failed command is counted, and what its user is told (None: nothing can be)."""

    status: Status
    reply: str | None
    error_type: ErrorType | None = None


def judge(error: Exception, example: str) -> Verdict:
    """Return the verdict on what a command raised.

    Args:
        error: the exception, unwrapped.
        example: a right use of the command, as the user would type it.
    """
    match error:
        case UserError() | commands.UserInputError():
            return Verdict(Status.USER_ERROR, f"{error} For example: `{example}`")
        case commands.CommandOnCooldown():
            seconds = max(1, round(error.retry_after))
            return Verdict(Status.USER_ERROR, f"Not so fast: try again in {seconds} s.")
        case commands.CheckFailure() | commands.DisabledCommand():
            return Verdict(Status.USER_ERROR, "You cannot use this command here.")
        case SendRefusedError():
            return Verdict(Status.USER_ERROR, None)
        case SendError():
            return Verdict(Status.ERROR, None, ErrorType.SEND)
        case _:
            return Verdict(Status.ERROR, APOLOGY, ErrorType.COMMAND)


def unwrap(error: Exception) -> Exception:
    """Return what a command really raised, without discord.py's wrapping."""
    return error.original if isinstance(error, commands.CommandInvokeError) else error
