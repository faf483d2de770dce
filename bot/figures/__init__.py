"""How the bot is doing, in numbers."""
