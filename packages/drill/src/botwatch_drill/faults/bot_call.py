"""Faults that the bot plays itself, when somebody with its drill token asks for them over HTTP."""

from __future__ import annotations

from typing import Protocol

from botwatch_drill.faults.shell import Shell

# The token goes from a file to the bot: no argument, no environment and no output ever holds it.
_CALL = """python3 - "$token" "$bot{path}" {calls} <<'END' >/dev/null
import pathlib, sys, urllib.error, urllib.request as web
file, url, calls = sys.argv[1:]
headers = {{"Authorization": "Bearer " + pathlib.Path(file).read_text().strip()}}
direct = web.build_opener(web.ProxyHandler({{}}))
for _ in range(int(calls)):
    try:
        direct.open(web.Request(url, data=b"", headers=headers), timeout=5).close()
    except urllib.error.HTTPError as error:
        sys.exit(f"the bot refuses {{url}} with {{error.code}}: 404 means another drill token")
END"""


class Door(Protocol):
    """Where a runtime's bot is reached: lines of shell that set `bot` and `token`."""

    def open(self) -> tuple[str, ...]:
        """Set `bot`, the bot's address, and `token`, a file with the drill token.

        What they leave must go with the script that they are part of, however that ends.
        """


def bot_call(
    door: Door, path: str, *, calls: int = 1, restart: tuple[str, ...] = (), stays: bool = False
) -> Shell:
    """Return the fault that is a call of the bot's.

    Args:
        door: how the bot is reached.
        path: of the bot's endpoint.
        calls: how often it is called.
        restart: what ends the fault, by a new bot; nothing where it ends by itself.
        stays: whether the host has to end it by itself, should nobody do so.
    """
    return Shell(
        breaks=(_CALL.format(path=path, calls=calls),),
        repairs=restart,
        looks=door.open(),
        stays=stays,
        replaces=bool(restart),
    )
