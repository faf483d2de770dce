"""Every sentence that people read, in Telegram's HTML and the current language (`bot.i18n`)."""
