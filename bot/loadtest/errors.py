"""What can keep a load test from being carried out."""


class LoadTestError(Exception):
    """There are no photos, or the bot or the sandbox ended early; the text is for a person."""
