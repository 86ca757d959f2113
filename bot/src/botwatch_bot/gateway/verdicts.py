"""Whose fault was it: turns what a command raised into a status, a reply and an error to count."""

from __future__ import annotations

from dataclasses import dataclass

from discord import app_commands
from discord.ext import commands

from botwatch.metrics import ErrorType, Status
from botwatch_bot.commands import UnavailableError, UserError
from botwatch_bot.gateway.context import SendError, SendRefusedError
from botwatch_bot.texts import Phrase, phrase

APOLOGY = phrase("answer.apology")


class CooldownError(Exception):
    """Someone uses commands faster than they may.

    Attributes:
        seconds: how long they have to wait.
        tell: whether they have to be told.
    """

    def __init__(self, seconds: float, *, tell: bool) -> None:
        super().__init__(f"{seconds:.0f} s too early")
        self.seconds = seconds
        self.tell = tell


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a failed command is counted, and what its user is told (None: nothing can be)."""

    status: Status
    reply: Phrase | None
    error_type: ErrorType | None = None


def judge(error: Exception, example: str) -> Verdict:
    """Return the verdict on what a command raised.

    Args:
        error: the exception, unwrapped.
        example: a right use of the command, as the user would type it.
    """
    reply = _reply_to_user(error, example)
    if reply is not None:
        return Verdict(Status.USER_ERROR, reply)
    match error:
        case CooldownError() | SendRefusedError():
            return Verdict(Status.USER_ERROR, None)
        case SendError():
            return Verdict(Status.ERROR, None, ErrorType.SEND)
        case _:
            return Verdict(Status.ERROR, APOLOGY, ErrorType.COMMAND)


def unwrap(error: Exception) -> Exception:
    """Return what a command really raised, without discord.py's wrapping."""
    while isinstance(
        error,
        commands.CommandInvokeError | commands.HybridCommandError | app_commands.CommandInvokeError,
    ):
        error = error.original
    return error


def _reply_to_user(error: Exception, example: str) -> Phrase | None:
    """Return what to tell a user who could have avoided the error; None for any other."""
    match error:
        case UnavailableError():
            return error.phrase
        case UserError() | commands.UserInputError():
            return phrase("answer.for_example", mistake=_mistake(error), example=example)
        case CooldownError() if error.tell:
            return phrase("answer.too_fast", seconds=max(1, round(error.seconds)))
        case commands.CheckFailure() | commands.DisabledCommand() | app_commands.CheckFailure():
            return phrase("answer.not_here")
        case _:
            return None


def _mistake(error: UserError | commands.UserInputError) -> Phrase:
    if isinstance(error, UserError):
        return error.phrase
    return phrase("answer.library", text=str(error))
