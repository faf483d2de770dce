"""What the `captionbot` commands are put together from, beside the bot itself (`bot.app`)."""
