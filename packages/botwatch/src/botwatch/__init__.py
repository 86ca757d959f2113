"""Makes a discord.py bot observable: metrics, health, exit reasons and drills."""
