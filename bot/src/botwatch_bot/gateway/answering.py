"""Answers commands, and counts how each of them ended."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import discord
import structlog

from botwatch.metrics import ErrorType, Status
from botwatch_bot.commands import COMMANDS, Command, Request, UnavailableError
from botwatch_bot.commands.text import did_you_mean, quote
from botwatch_bot.cooldown import Cooldown
from botwatch_bot.gateway.context import BotContext, SendError, SendRefusedError
from botwatch_bot.gateway.verdicts import CooldownError, judge, unwrap
from botwatch_bot.texts import phrase

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from botwatch_bot.gateway.client import BotClient

_log = structlog.get_logger(__name__)

COMMAND_SECONDS = 60.0
"""A command that takes longer, waits for rate limits included, is ended."""
_DRAIN_SECONDS = 0.8


class Answering:
    """The commands that one client is answering."""

    def __init__(self, client: BotClient) -> None:
        self.accepting = True
        self._client = client
        self.cooldown = Cooldown(client.services.settings.user_commands_per_minute)
        self._running: dict[asyncio.Task[Any] | None, BotContext] = {}
        self._overdue: dict[asyncio.Task[Any] | None, Status] = {}
        self._sent_to: dict[int, float] = {}

    @property
    def running(self) -> tuple[BotContext, ...]:
        """What is being answered now."""
        return tuple(self._running.values())

    def sweep(self) -> None:
        """End what takes too long and forget what is over; call it about once a second."""
        self._client.services.metrics.commands_running.set(len(self._running))
        self._end_overdue_commands()
        self.cooldown.sweep()

    async def drain(self) -> None:
        """Take no more commands and let those that run end, or end them after a moment."""
        self.accepting = False
        running = list(filter(None, self._running))
        if running:
            _, unfinished = await asyncio.wait(running, timeout=_DRAIN_SECONDS)
            for task in unfinished:
                task.cancel()

    async def serve(self, ctx: BotContext, command: Command, text: str) -> None:
        """Answer one use of a command, with the text after its name.

        Raises:
            Exception: whatever a command raises; for a slash command it is counted already.
        """
        if ctx.interaction is None:
            await self._serve(ctx, command, text)
        elif self.accepting:
            await self.count(ctx, command.name, self._serve(ctx, command, text))

    def note_sent(self, channel_id: int) -> None:
        """Count a message that Discord accepted in a channel."""
        self._client.services.metrics.messages_sent.inc()
        self._sent_to[channel_id] = time.perf_counter()

    async def _serve(self, ctx: BotContext, command: Command, text: str) -> None:
        self._hold_back(ctx)
        author = ""
        if command.operators_only:
            if not self._is_operator(ctx.author):
                raise UnavailableError(phrase("answer.operators_only"))
            author = f"{ctx.author.name} ({ctx.author.id})"
        request = Request(
            text=text,
            bot=self._client,
            commands=COMMANDS,
            texts=ctx.texts,
            prefix=ctx.typed_prefix,
            author=author,
        )
        await ctx.answer(await command.answer(request))

    def _hold_back(self, ctx: BotContext) -> None:
        """Let nobody use commands faster than they may.

        Raises:
            CooldownError: the user has to wait.
        """
        user = ctx.author.id
        seconds = self.cooldown.take(user)
        if seconds:
            # A slash command has to be answered; in a channel a flood need not become two.
            tell = self.cooldown.tell(user) or ctx.interaction is not None
            raise CooldownError(seconds, tell=tell)

    def _is_operator(self, user: discord.User | discord.Member) -> bool:
        role = self._client.services.settings.operator_role
        if role is not None and isinstance(user, discord.Member) and user.get_role(role):
            return True
        return self._client.application is not None and user.id in _owners(self._client.application)

    def _leave(self, task: asyncio.Task[Any] | None) -> None:
        """Let go of a task that was watched over, as it took no longer than it may."""
        del self._running[task]
        self._overdue.pop(task, None)

    async def count(self, ctx: BotContext, name: str, running: Awaitable[None]) -> None:
        """Run a command and count it once, however it ends."""
        status = Status.CANCELLED
        # An event may come without its author; that is no reason to lose count of it.
        user_id = getattr(ctx.author, "id", 0)
        task = asyncio.current_task()
        self._running[task] = ctx
        try:
            status = await self._run(ctx, name, running)
        finally:
            status = self._overdue.get(task, status)
            self._leave(task)
            self._client.services.counter.finish(name, status, user_id, ctx.arrived)

    async def _run(self, ctx: BotContext, name: str, running: Awaitable[None]) -> Status:
        try:
            await running
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged and counted
            return await self._failed(ctx, name, unwrap(error))
        # discord.py swallows a cancellation inside a command and only marks the context.
        return Status.CANCELLED if ctx.command_failed else Status.SUCCESS

    def _end_overdue_commands(self) -> None:
        # Looked for once a second: a timeout around each command would cost more than its parsing.
        horizon = time.perf_counter() - COMMAND_SECONDS
        self._sent_to = {channel: at for channel, at in self._sent_to.items() if at > horizon}
        for task, ctx in self._running.items():
            if task is not None and ctx.arrived < horizon and task not in self._overdue:
                self._overdue[task] = self._judge_overdue(ctx)
                task.cancel()

    def _judge_overdue(self, ctx: BotContext) -> Status:
        if ctx.sending and ctx.channel.id in self._sent_to:
            # Discord took other answers meanwhile, so this one stood in line behind them: people
            # ask faster than a bot may answer in one channel, which is no fault.
            _log.warning(
                "reply dropped: too many are waiting in its channel", seconds=COMMAND_SECONDS
            )
            return Status.CANCELLED
        self._client.services.metrics.errors.labels(ErrorType.COMMAND).inc()
        _log.error("command took too long", seconds=COMMAND_SECONDS)
        return Status.ERROR

    async def _failed(self, ctx: BotContext, name: str, error: Exception) -> Status:
        verdict = judge(error, COMMANDS[name].example(ctx.typed_prefix))
        if verdict.error_type is not None:
            self._client.services.metrics.errors.labels(verdict.error_type).inc()
            _log.error("command failed", command=name, exc_info=error.__cause__ or error)
        else:
            _log.debug("command refused", command=name, why=str(error))
        if verdict.reply is not None:
            await self._tell(ctx, ctx.texts.say(verdict.reply))
        return verdict.status

    async def unknown(self, ctx: BotContext, word: str) -> None:
        """Answer a word that looks like a command and is none."""
        task = asyncio.current_task()
        self._running[task] = ctx
        try:
            await self._unknown(ctx, word)
        finally:
            self._leave(task)

    async def _unknown(self, ctx: BotContext, word: str) -> None:
        self._client.services.metrics.unknown_commands.inc()
        try:
            self._hold_back(ctx)
        except CooldownError as error:
            verdict = judge(error, "")
            if verdict.reply is not None:
                await self._tell(ctx, ctx.texts.say(verdict.reply))
            return
        hint = did_you_mean(word, COMMANDS)
        await self._tell(
            ctx,
            ctx.texts(
                "answer.unknown_command", word=quote(word), hint=hint, prefix=self._client.prefix
            ),
        )

    async def _tell(self, ctx: BotContext, text: str) -> None:
        """Send an answer about a failure; that this fails too is counted, not raised."""
        try:
            await ctx.answer(text, private=True)
        except SendRefusedError as error:
            _log.debug("answer refused", why=str(error))
        except SendError as error:
            self._client.services.metrics.errors.labels(ErrorType.SEND).inc()
            _log.error("answer not sent", exc_info=error.__cause__)


def _owners(application: discord.AppInfo) -> set[int]:
    """Return who owns the bot, or in a team may change it."""
    if application.team is None:
        return {application.owner.id}
    trusted = {discord.TeamMemberRole.admin, discord.TeamMemberRole.developer}
    members = application.team.members
    return {application.team.owner_id or 0, *(m.id for m in members if m.role in trusted)}
