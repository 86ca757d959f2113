// A bot like many: discord.js, messages and slash commands, the token in the environment.

const { appendFileSync, statSync } = require("node:fs");
const {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  EmbedBuilder,
  GatewayIntentBits,
  REST,
  Routes,
  SlashCommandBuilder,
} = require("discord.js");

const token = process.env.DISCORD_TOKEN;
const options = process.env.API ? { api: process.env.API } : {};
const client = new Client({
  rest: options,
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMembers,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.MessageContent,
  ],
});

const add = new SlashCommandBuilder()
  .setName("add")
  .setDescription("Add two numbers")
  .addIntegerOption((option) => option.setName("first").setDescription("one").setRequired(true))
  .addIntegerOption((option) => option.setName("second").setDescription("other").setRequired(true));

client.once("clientReady", async () => {
  await client.guilds.cache.first().members.fetch();
  const rest = new REST(options).setToken(token);
  await rest.put(Routes.applicationCommands(client.user.id), { body: [add.toJSON()] });
});

client.on("messageCreate", async (message) => {
  if (message.author.bot) return;
  if (message.content === "!hello") {
    await message.reply({ embeds: [new EmbedBuilder().setTitle(`Hello ${message.author.username}`)] });
  }
  if (message.content === "!count") {
    const calls = `${process.env.HOME}/calls`;
    appendFileSync(calls, ".");
    await message.channel.send(`javascript ${statSync(calls).size}`);
  }
  if (message.content === "!note") {
    const note = new AttachmentBuilder(Buffer.from("a note"), { name: "note.txt" });
    const sent = await message.channel.send({ content: "Here.", files: [note] });
    await message.channel.send(await (await fetch(sent.attachments.first().url)).text());
  }
  if (message.content === "!ask") {
    const yes = new ButtonBuilder().setCustomId("yes").setLabel("Yes").setStyle(ButtonStyle.Success);
    const row = new ActionRowBuilder().addComponents(yes);
    await message.channel.send({ content: "Really?", components: [row] });
  }
});

client.on("interactionCreate", async (interaction) => {
  if (interaction.isButton()) {
    await interaction.update({ content: "Confirmed.", components: [] });
  } else if (interaction.isChatInputCommand()) {
    const { options } = interaction;
    await interaction.deferReply();
    await interaction.editReply(`${options.getInteger("first") + options.getInteger("second")}`);
  }
});

client.login(token);
