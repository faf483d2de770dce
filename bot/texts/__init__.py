"""The texts of the conversation that belong to one concern each, in Telegram's HTML.

Each is in the current language; `bot.presentation` has those of photos and their answers.
"""
