"""A bot that reaches Discord through an HTTP proxy only."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from forward_proxy import running_proxy
from integration.bot_process import connected

LOGIN = "bot:sesame-0123456789"


async def test_the_bot_reaches_discord_through_the_proxy(tmp_path: Path) -> None:
    with running_proxy(LOGIN) as (proxy, asked):
        file = tmp_path / "proxy"
        file.write_text(proxy)
        async with connected(tmp_path, settings={"BOT_PROXY_FILE": str(file)}) as bot:
            assert "Pong!" in await bot.ask("?ping")
            api, gateway = (urlsplit(url).netloc for url in (bot.box.api_url, bot.box.gateway_url))
    assert {api, gateway} <= {line.split()[-1] for line in asked}
    assert not any(line.startswith("refused") for line in asked)
    assert "sesame-0123456789" not in (tmp_path / "bot.log").read_text()
