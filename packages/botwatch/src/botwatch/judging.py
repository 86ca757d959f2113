"""Whose fault was it: what a command raised, as a status and an error to count."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from botwatch.exits import ExitCode, FatalError
from botwatch.masking import masked
from botwatch.metrics import ErrorType, Status
from botwatch.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

# What discord.py itself says is a mistake of the user's; bots derive their own from these.
_MISTAKES = (
    commands.UserInputError,
    commands.CheckFailure,
    commands.DisabledCommand,
    commands.CommandOnCooldown,
    commands.MaxConcurrencyReached,
    app_commands.CheckFailure,
)
_UNKNOWN = (
    commands.CommandNotFound,
    app_commands.CommandNotFound,
    app_commands.CommandSignatureMismatch,
)
_WRAPPERS = (
    commands.CommandInvokeError,
    commands.HybridCommandError,
    app_commands.CommandInvokeError,
)
_FROM_DISCORD = (discord.DiscordException, aiohttp.ClientError, OSError)
_SENDING = {"discord.http", "discord.webhook.async_"}
_CONNECTING = {"discord.client", "discord.shard", "discord.gateway"}
_NETWORK = {"aiohappyeyeballs", "aiohttp", "asyncio", "concurrent", "socket", "ssl"}
_LONGEST = 200

_TOKEN_REFUSED = 4004
_INTENTS_REFUSED = {4013, 4014}
_LOGIN_FAILED = "Discord refuses the token; put a valid one where the bot reads it"
_REVOKED = "Discord has revoked the token; put a new one where the bot reads it"
_UNSET = "the bot has no token; set the variable or file from which it reads it"
_NO_STRING = "expected token to be a str"
"""How discord.py's error begins if it is given None, the value of an unset variable."""
_BAD_INTENTS = (
    "Discord refuses the intents; enable the privileged ones that the bot asks for "
    "in Discord's developer portal, page Bot"
)


def unwrap(error: BaseException) -> BaseException:
    """Return what a command really raised, without discord.py's wrapping."""
    while isinstance(error, _WRAPPERS):
        error = error.original
    return error


def is_unknown(error: BaseException) -> bool:
    """Return whether there is no such command, or Discord knows it in another form."""
    return isinstance(unwrap(error), _UNKNOWN)


def judge(error: BaseException) -> tuple[Status, ErrorType | None]:
    """Return how a command ended that raised this, and the error to count."""
    error = unwrap(error)
    if isinstance(error, _MISTAKES) or _is_bad_input(error) or _is_forbidden(error):
        return Status.USER_ERROR, None
    return Status.ERROR, error_type(error, otherwise=ErrorType.COMMAND)


def error_type(error: BaseException, otherwise: ErrorType) -> ErrorType:
    """Return whether an error came from sending something to Discord, or is of another type."""
    return ErrorType.SEND if _came_from_sending(unwrap(error)) else otherwise


def _is_bad_input(error: BaseException) -> bool:
    # A transformer that broke is a bug, as is a converter that did (commands.ConversionError).
    cause = error.__cause__
    return isinstance(error, app_commands.TransformerError) and (
        cause is None or isinstance(cause, app_commands.AppCommandError | ValueError)
    )


def _is_forbidden(error: BaseException) -> bool:
    """Say whether a server's owner keeps the bot from it: else anyone could trigger the alert."""
    return isinstance(error, discord.Forbidden)


def _came_from_sending(error: BaseException) -> bool:
    return isinstance(error, _FROM_DISCORD) and any(
        frame.f_globals.get("__name__") in _SENDING
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )


def judge_end(error: BaseException) -> tuple[ExitCode, tuple[str, ...]]:
    """Return the exit code of a process that an exception ends, and the reasons in words."""
    for leaf in _leaves(error):
        if isinstance(leaf, FatalError):
            return leaf.code, tuple(map(masked, leaf.problems))
        if isinstance(leaf, TypeError) and str(leaf).startswith(_NO_STRING):
            return ExitCode.BAD_SETTINGS, (_UNSET,)
        if _is_unset_variable(leaf):
            return ExitCode.BAD_SETTINGS, (f"{leaf.args[0]} is not set; set this variable",)
        refusal = _refusal(leaf)
        if refusal:
            return ExitCode.REFUSED, (refusal,)
        if _came_from_connecting(leaf):
            text = shorten(" ".join(masked(str(leaf)).split()) or type(leaf).__name__, _LONGEST)
            return ExitCode.DISCONNECTED, (f"cannot connect to Discord: {text}",)
    # Not the text of the error, which nobody has masked.
    return ExitCode.INTERNAL, (f"internal error {type(error).__name__}: its log says where",)


def _is_unset_variable(error: BaseException) -> bool:
    """Say whether the bot asked `os.environ` for a variable that it does not have."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return isinstance(error, KeyError) and frames[-1:] != [] and frames[-1].f_globals is vars(os)


def _refusal(error: BaseException) -> str:
    """Return how to make Discord accept the bot; empty if it does not refuse it."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else 0
    if isinstance(error, discord.LoginFailure):
        return _LOGIN_FAILED
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in _INTENTS_REFUSED:
        return _BAD_INTENTS
    return _REVOKED if code == _TOKEN_REFUSED else ""


def is_final(error: BaseException) -> bool:
    """Return whether trying again cannot help."""
    return judge_end(error)[0] not in {ExitCode.INTERNAL, ExitCode.DISCONNECTED} or any(
        isinstance(leaf, FatalError) for leaf in _leaves(error)
    )


def _came_from_connecting(error: BaseException) -> bool:
    """Say whether discord.py could not connect, rather than code of the bot that it called."""
    if not isinstance(error, _FROM_DISCORD):
        return False
    frames = traceback.walk_tb(error.__traceback__)
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in frames]
    while modules and modules[-1].partition(".")[0] in _NETWORK:
        modules.pop()
    connecting = not _CONNECTING.isdisjoint(modules)
    return connecting and modules[-1].partition(".")[0] == "discord"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
