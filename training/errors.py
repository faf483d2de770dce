"""What configurations are refused with."""

from captioning import CaptioningError


class ConfigError(CaptioningError):
    """A configuration names an unknown option or an impossible value."""
