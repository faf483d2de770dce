"""How Telegram is spoken to: connection, messages, buttons, menus, polling."""
