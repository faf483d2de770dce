"""What the bot answers by HTTP: Telegram's webhook, and how it is. Imported only when set."""
