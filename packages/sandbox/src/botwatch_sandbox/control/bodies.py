"""What the control API takes, and how it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from botwatch_sandbox.control.errors import ControlError
from botwatch_sandbox.discord.state import AUTHOR_MAX, CONTENT_MAX, DEFAULT_LOCALE
from botwatch_sandbox.drills.record import Expect
from botwatch_sandbox.post_faults import Answer

if TYPE_CHECKING:
    from aiohttp import web

BODY_MAX_BYTES = 64 * 1024

Count = Annotated[int, Field(ge=0, le=1000)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.:-]{0,99}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

Seconds = Annotated[float, Field(gt=0, le=3600)]
SinkName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]

Author = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=AUTHOR_MAX)
]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z0-9]{2,3})?$")]


CommandName = Annotated[str, StringConstraints(pattern=r"^[-_\w]{1,32}( [-_\w]{1,32}){0,2}$")]
MessageId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
CustomId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Body(BaseModel):
    """The base: no unknown fields, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Say(Body):
    """POST /control/discord/messages."""

    content: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=CONTENT_MAX)
    ]
    author: Author
    direct: bool = False


class UseSlash(Body):
    """POST /control/discord/slash."""

    name: CommandName
    author: Author
    options: dict[str, str | int | float | bool] = {}
    locale: Locale = DEFAULT_LOCALE
    guild_locale: Locale = DEFAULT_LOCALE


class Complete(Body):
    """POST /control/discord/complete."""

    name: CommandName
    author: Author
    options: dict[str, str | int | float | bool] = {}
    focused: Annotated[str, StringConstraints(pattern=r"^[-_\w]{1,32}$")]


class Press(Body):
    """POST /control/discord/press."""

    message: MessageId
    author: Author
    custom_id: CustomId
    values: Annotated[list[CustomId], Field(max_length=25)] = []


class Submit(Body):
    """POST /control/discord/submit."""

    author: Author
    values: dict[str, Annotated[str, StringConstraints(max_length=4000)]]


class React(Body):
    """POST /control/discord/reactions."""

    message: MessageId
    author: Author
    emoji: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    remove: bool = False


class DiscordFaultsBody(Body):
    """POST /control/discord/faults: one or several faults at once."""

    drop: Literal[True] | None = None
    code: Annotated[int, Field(ge=1000, le=4999)] | None = None
    reconnect: Literal[True] | None = None
    invalid_session: bool | None = None
    rate_limit: Count | None = None
    via: bool = True
    server_error: Count | None = None
    server_status: Literal[500, 502, 503, 504] = 500
    slow_ms: Annotated[int, Field(ge=0, le=60_000)] | None = None
    hold_gateway: bool | None = None
    silent: bool | None = None
    for_s: Seconds | None = None


class SlackFaultsBody(Body):
    """POST /control/slack/faults."""

    status: Answer | None
    remaining: Count | None = None
    for_s: Seconds | None = None
    sink: SinkName | None = None

    @property
    def posts(self) -> int | None:
        """How many posts get the answer: one, unless a number or a time is given."""
        return 1 if self.remaining is None and self.for_s is None else self.remaining


class RotateBody(Body):
    """POST /control/slack/rotate."""

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")] | None
    for_s: Seconds | None = None


class RunDrill(Body):
    """POST /control/drills/run."""

    name: Word


class StartDrill(Body):
    """POST /control/drills."""

    name: Word
    title: Line
    alert: Word | None = None
    budget_s: Annotated[float, Field(gt=0, le=3600)] | None = None
    expect: Expect
    also: Annotated[list[Word], Field(max_length=10)] = []


class MarkDrill(Body):
    """POST /control/drills/current/mark."""

    mark: Literal["injected", "again", "released"]
    at: float | None = None


class FinishDrill(Body):
    """POST /control/drills/current/finish."""

    ok: bool
    error: Annotated[str, StringConstraints(max_length=1000)] | None = None


AnyBody = TypeVar("AnyBody", bound=Body)


async def read_body(request: web.Request, kind: type[AnyBody]) -> AnyBody:
    """Read a call's JSON.

    Raises:
        ControlError: 415 another Content-Type, 413 too large, 400 not what the call takes.
    """
    if request.content_type != "application/json":
        raise ControlError(415, "The body must be JSON; send Content-Type: application/json.")
    raw = await request.read()
    if len(raw) > BODY_MAX_BYTES:
        raise ControlError(413, "The body is too large; send less than 64 KiB.")
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        raise ControlError(400, _sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    cause = first["msg"].rstrip(".").lower()
    return (
        f"The field '{where}' is refused ({cause}); packages/sandbox/README.md lists what it takes."
    )
