"""People who talk with the bot about photos, made up, to measure what the feedback loop is worth.

It stands above the bot and the training, and may import both; nothing but the command
`caption-train simulate` imports it.
"""
