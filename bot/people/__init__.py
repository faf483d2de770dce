"""The people and chats that the bot serves: their choices, limits, history, and forgetting them."""
