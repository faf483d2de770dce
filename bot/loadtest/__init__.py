"""How the bot bears load: `captionbot loadtest` and the bot's rows of `captionbot bench`.

Many people of a sandbox send photos, at moments that do not depend on when the bot answers. The
sandbox is a process of its own, in which the people live too (`telegram_process`, `crowd`); the bot
runs, as always, in the process of the command, where its event loop and memory can be watched.
"""
