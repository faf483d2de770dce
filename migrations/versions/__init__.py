"""One module per change of the schema; `bot.storage.migrate` applies them in order."""
