"""What ordinary bots do, through discord.py itself."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord.guilds import GUILD_ID, Scale
from botwatch_sandbox.discord.intents import PRIVILEGED
from botwatch_sandbox.discord.state import OWNER, visitor
from botwatch_sandbox.testing.ordinary_bot import Bot, control, said, until_said
from botwatch_sandbox.testing.server import RunningSandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py's voice imports audioop
    import discord
    from discord import app_commands

YOU = visitor("you").id


@pytest.fixture
def tuning(tuning: Tuning) -> Tuning:
    return replace(tuning, scale=Scale(granted=frozenset(PRIVILEGED)))


async def test_messages_are_edited_found_pinned_and_deleted(bot: Bot) -> None:
    message = await bot.room.send("first", embed=discord.Embed(title="Title"))
    edited = await message.edit(content="second")
    assert (edited.content, edited.embeds[0].title) == ("second", "Title")
    assert edited.edited_at is not None
    assert (await bot.heard("message_edit"))[1].content == "second"
    assert (await bot.room.fetch_message(message.id)).content == "second"
    await message.pin()
    assert [found.id async for found in bot.room.pins()] == [message.id]
    await message.unpin()
    assert [found.id async for found in bot.room.pins()] == []
    more = [await bot.room.send(str(number)) for number in range(3)]
    history = [found.content async for found in bot.room.history(limit=2)]
    assert history == ["2", "1"]
    after = [found.content async for found in bot.room.history(after=more[0])]
    assert after == ["1", "2"]
    assert len(await bot.room.purge(limit=2)) == 2
    await message.delete()
    await bot.heard("raw_message_delete", lambda found: found.message_id == message.id)
    with pytest.raises(discord.NotFound) as caught:
        await bot.room.fetch_message(message.id)
    assert caught.value.code == 10008


async def test_a_message_of_somebody_else_cannot_be_edited(
    bot: Bot, reached: RunningSandbox
) -> None:
    await control(reached, "messages", content="mine")
    (message,) = await bot.heard("message")
    with pytest.raises(discord.Forbidden):
        await message.edit(content="yours")


async def test_reactions_go_both_ways(bot: Bot, reached: RunningSandbox) -> None:
    message = await bot.room.send("vote")
    await message.add_reaction("👍")
    await control(reached, "reactions", message=str(message.id), emoji="👍")
    await bot.heard("raw_reaction_add", lambda found: found.user_id == YOU)
    await bot.heard("reaction_add", lambda found, user: (str(found), user.id) == ("👍", YOU))
    fetched = await bot.room.fetch_message(message.id)
    assert [(str(found.emoji), found.count, found.me) for found in fetched.reactions] == [
        ("👍", 2, True)
    ]
    assert {user.name async for user in fetched.reactions[0].users()} == {"botwatch", "you"}
    await control(reached, "reactions", message=str(message.id), emoji="👍", remove=True)
    await bot.heard("raw_reaction_remove", lambda found: found.user_id == YOU)
    await message.clear_reactions()
    await bot.heard("raw_reaction_clear")
    assert (await bot.room.fetch_message(message.id)).reactions == []


async def test_files_are_uploaded_and_read_again(bot: Bot) -> None:
    files = [discord.File(io.BytesIO(b"one"), "one.txt"), discord.File(io.BytesIO(b"2"), "2.bin")]
    message = await bot.room.send(files=files)
    assert [found.filename for found in message.attachments] == ["one.txt", "2.bin"]
    assert await message.attachments[0].read() == b"one"
    edited = await message.edit(attachments=[message.attachments[1]])
    assert [found.filename for found in edited.attachments] == ["2.bin"]


async def test_direct_messages_are_sent_and_answered(bot: Bot, reached: RunningSandbox) -> None:
    await control(reached, "messages", content="hello", direct=True)
    (message,) = await bot.heard("message")
    assert isinstance(message.channel, discord.DMChannel)
    await message.author.send("hello to you")
    await until_said(reached, "hello to you")
    user = await bot.fetch_user(OWNER.id)
    assert (await user.send("to the owner")).channel.id != message.channel.id
    shown = (await reached.state())["discord"]["messages"]
    assert shown[1]["channel"] == "direct message to you"


async def test_guild_channels_roles_and_members(bot: Bot, reached: RunningSandbox) -> None:
    await control(reached, "messages", content="here I am")
    guild = await bot.fetch_guild(GUILD_ID)
    assert guild.name == "botwatch"
    here = bot.guilds[0]
    assert here.me.guild_permissions.administrator
    member = await here.fetch_member(YOU)
    assert not member.guild_permissions.administrator
    assert [who.name async for who in here.fetch_members()] != []
    assert [who.name for who in await here.query_members("yo")] == ["you"]
    await control(reached, "messages", content="me, too", author="Yonas")
    assert {who.name for who in await here.query_members("yo")} == {"you", "Yonas"}
    role = await here.create_role(name="friends", colour=discord.Colour.red())
    await bot.heard("guild_role_create")
    await member.add_roles(role)
    assert [found.name for found in (await here.fetch_member(YOU)).roles] == [
        "@everyone",
        "friends",
    ]
    await member.edit(nick="You")
    assert (await here.fetch_member(YOU)).display_name == "You"
    await member.remove_roles(role)
    await role.delete()
    await bot.heard("guild_role_delete")
    channel = await here.create_text_channel("news", topic="all of it")
    await bot.heard("guild_channel_create")
    assert [found.name for found in await here.fetch_channels()] == ["general", "news"]
    await channel.edit(topic="some of it")
    await channel.send("news")
    assert (await reached.state())["discord"]["messages"][-1]["channel"] == "news"
    await channel.delete()
    await bot.heard("guild_channel_delete")


async def test_webhooks_are_created_and_executed(bot: Bot, reached: RunningSandbox) -> None:
    webhook = await bot.room.create_webhook(name="news")
    assert [found.name for found in await bot.room.webhooks()] == ["news"]
    message = await webhook.send("posted", username="The Paper", wait=True)
    await bot.heard("message", lambda found: found.webhook_id == webhook.id)
    await message.edit(content="corrected")
    await until_said(reached, "corrected")
    await message.delete()
    await webhook.delete()
    assert await bot.room.webhooks() == []


async def test_presence_and_application(bot: Bot) -> None:
    await bot.change_presence(activity=discord.Game("a game"))
    assert (await bot.application_info()).owner.id == OWNER.id
    async with bot.room.typing():
        pass
    assert bot.application_flags.gateway_guild_members


async def test_what_is_not_simulated_is_refused_and_counted(
    bot: Bot, reached: RunningSandbox
) -> None:
    for _ in range(2):
        with pytest.raises(discord.NotFound):
            await bot.guilds[0].fetch_scheduled_events()
    with pytest.raises(discord.HTTPException, match="has no polls") as refused:
        await bot.room.send(poll=discord.Poll("When?", timedelta(hours=1)))
    assert (refused.value.status, refused.value.code) == (400, 50035)
    await bot.guilds[0].change_voice_state(channel=None)
    state = await reached.until(
        lambda found: len(found["discord"]["not_simulated"]) == 3, "all of them"
    )
    assert state["discord"]["not_simulated"] == [
        {"method": "POST", "path": "/channels/{id}/messages (polls)", "count": 1},
        {"method": "GET", "path": "/guilds/{id}/scheduled-events", "count": 2},
        {"method": "gateway", "path": "voice", "count": 1},
    ]


async def test_commands_of_all_shapes_are_registered_and_used(
    bot: Bot, reached: RunningSandbox
) -> None:
    group = app_commands.Group(name="settings", description="settings")

    async def show(
        interaction: discord.Interaction, who: discord.Member, where: discord.TextChannel | None
    ) -> None:
        await interaction.response.send_message(f"{who.name} in {where}")

    async def report(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(message.content)

    group.add_command(app_commands.Command(name="show", description="shows", callback=show))
    bot.tree.add_command(group)
    bot.tree.add_command(app_commands.ContextMenu(name="Report it", callback=report))
    assert len(await bot.tree.sync()) == 2
    assert (await reached.state())["discord"]["commands"] == [
        {
            "name": "settings show",
            "description": "shows",
            "options": [{"name": "who", "required": True}, {"name": "where", "required": False}],
        }
    ]
    await control(reached, "messages", content="/settings show you")
    await until_said(reached, "you in None")
    options = {"who": "owner", "where": "general"}
    await control(reached, "slash", name="settings show", options=options)
    await until_said(reached, "owner in general")
    assert (
        await reached.post("/control/discord/messages", {"content": "/settings", "author": "a"})
    )[0] == 400


async def test_single_commands_are_created_edited_and_deleted(bot: Bot) -> None:
    http, app = bot.http, bot.application_id
    assert app is not None
    command = {"name": "one", "description": "first", "type": 1}
    made = await http.upsert_guild_command(app, GUILD_ID, command)
    again = await http.upsert_guild_command(
        app,
        GUILD_ID,
        command | {"description": "second"},
    )
    assert (again["id"], again["description"]) == (made["id"], "second")
    found = await bot.tree.fetch_command(int(made["id"]), guild=discord.Object(GUILD_ID))
    await found.edit(name="two")
    assert [
        each.name for each in await bot.tree.fetch_commands(guild=discord.Object(GUILD_ID))
    ] == ["two"]
    await found.delete()
    with pytest.raises(discord.NotFound):
        await bot.tree.fetch_command(int(made["id"]), guild=discord.Object(GUILD_ID))


async def test_an_option_is_completed(bot: Bot, reached: RunningSandbox) -> None:
    async def fruit(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    async def propose(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=found, value=found)
            for found in ("apple", "apricot", "pear")
            if found.startswith(current)
        ]

    command: Any = app_commands.Command(name="fruit", description="tastes", callback=fruit)
    command.autocomplete("name")(propose)
    bot.tree.add_command(command)
    await bot.tree.sync()
    body = {"author": "you", "name": "fruit", "options": {"name": "ap"}, "focused": "name"}
    answered = await reached.done("/control/discord/complete", body)
    assert [found["value"] for found in answered["choices"]] == ["apple", "apricot"]


class Form(discord.ui.Modal, title="A form"):
    name = discord.ui.TextInput[Any](label="Name", custom_id="name")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.name.value} it is")


class Panel(discord.ui.View):
    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="it is later")
        more = await interaction.followup.send("more", wait=True)
        await more.edit(content="even more")
        await more.delete()
        await interaction.followup.send("done", ephemeral=True)

    @discord.ui.select(
        custom_id="tea",
        options=[discord.SelectOption(label="Tea"), discord.SelectOption(label="No")],
    )
    async def tea(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"chosen: {select.values[0]}")

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(
        self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]
    ) -> None:
        await interaction.response.send_message(f"{select.values[0].name} is chosen")


async def test_buttons_selects_and_modals(bot: Bot, reached: RunningSandbox) -> None:
    message = await bot.room.send("panel", view=Panel(timeout=None))
    press = {"message": str(message.id)}
    await control(reached, "press", custom_id="form", **press)
    modal = (await reached.until(lambda found: found["discord"]["modal"], "the form"))["discord"]
    assert modal["modal"]["title"] == "A form"
    refused, _ = await reached.post("/control/discord/submit", {"author": "you", "values": {}})
    assert refused == 400
    await control(reached, "submit", values={"name": "Ann"})
    await until_said(reached, "Ann it is")
    await control(reached, "press", custom_id="tea", values=["Tea"], **press)
    await until_said(reached, "chosen: Tea")
    await control(reached, "press", custom_id="who", values=["owner"], **press)
    await until_said(reached, "owner is chosen")
    await control(reached, "press", custom_id="later", **press)
    await until_said(reached, "done")
    assert "it is later" in await said(reached)
    assert "even more" not in await said(reached)
    wrong = {"author": "you", "custom_id": "none"} | press
    assert (await reached.post("/control/discord/press", wrong))[0] == 400


@pytest.mark.skipif(not hasattr(discord.ui, "LayoutView"), reason="discord.py before 2.6")
async def test_a_layout_is_shown_as_text(bot: Bot, reached: RunningSandbox) -> None:
    view = discord.ui.LayoutView()
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("in a box")))
    await bot.room.send(view=view)
    await until_said(reached, "in a box")
