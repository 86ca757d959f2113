"""The drills that the control room can run by itself."""

from __future__ import annotations

from dataclasses import dataclass

from botwatch_sandbox.drills.record import DrillSpec


@dataclass(frozen=True, slots=True)
class OwnDrill:
    """A drill, and the fault it injects over the bot's HTTP.

    Attributes:
        spec: what the drill is.
        path: the bot's endpoint.
        calls: how often it is called; the drill's clock starts at the last call's answer.
        dies: whether the bot ends at the call, so that no answer is a good answer.
        resolves: whether a resolved notification is sent; if not, the bot must come back.
    """

    spec: DrillSpec
    path: str
    calls: int = 1
    dies: bool = False
    resolves: bool = True


CATALOGUE = {
    drill.spec.name: drill
    for drill in (
        OwnDrill(
            DrillSpec("errors", "Six errors", "DiscordBotHighErrors", 15.0, "message"),
            path="/test-error",
            calls=6,
        ),
        OwnDrill(
            DrillSpec(
                "bot_crash",
                "The bot crashes and comes back",
                "DiscordBotRestarted",
                25.0,
                "message",
            ),
            path="/test-crash",
            dies=True,
            resolves=False,
        ),
    )
}
