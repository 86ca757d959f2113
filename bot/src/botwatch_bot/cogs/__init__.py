"""The bot's commands, and what it replies when one of them fails: a cog in each module."""
