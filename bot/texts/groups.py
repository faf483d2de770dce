"""The texts of groups and channels."""

from bot.i18n import gettext as _


def reply_to_a_photo_text() -> str:
    """After /caption that is no reply to an image."""
    return _("Reply with /caption to a photo, and I will describe it.")


def captioned_already_text() -> str:
    """In reply to the answer, after /caption to a photo that has one."""
    return _("This is what I wrote about that photo.")


def nobody_in_particular_text() -> str:
    """After a command about a person, from somebody who writes as a group or channel."""
    return _(
        "You write in the name of a chat, so I cannot tell who you are. "
        "Please send this as yourself, or in our private chat."
    )


def group_has_moved_text() -> str:
    """To a press on a button from before a group became a supergroup. At most 200 characters."""
    return _(
        "This group has become a supergroup since, and I can no longer change what I wrote before. "
        "Send the photo again, and I answer it anew."
    )


def autocaption_usage_text(*, is_on: bool, is_blind: bool = False) -> str:
    """What is chosen; `is_blind` as in `autocaption_text`."""
    if not is_on:
        state = _("Photos here get no description unless somebody asks for one.")
    elif is_blind:
        state = _blind_text()
    else:
        state = _("Every photo here gets a description as a reply.")
    return state + " " + _("Administrators can change it: /autocaption on or /autocaption off.")


def autocaption_text(*, is_on: bool, is_blind: bool = False) -> str:
    """Confirms a choice; `is_blind` when Telegram does not show the bot the photos of the chat."""
    if not is_on:
        return _("From now on I describe only the photos that somebody asks me about.")
    if is_blind:
        return _blind_text()
    return _(
        "From now on I reply to every photo here with a description in English, for people who "
        "cannot see it. /autocaption off ends it."
    )


def _blind_text() -> str:
    return _(
        "⚠️ Every photo here is to get a description, but Telegram does not show me the photos of "
        "this group: please make me an administrator of it. Until then I describe none by myself."
    )


def autocaption_is_for_chats_text() -> str:
    """After /autocaption in a private chat."""
    return _(
        "This is for groups and channels: add me there as an administrator, and send "
        "/autocaption on in that chat. Here I describe every photo you send anyway."
    )


def only_administrators_text() -> str:
    return _("Only administrators of this group can change this.")


def cannot_check_administrators_text() -> str:
    return _(
        "Telegram does not tell me who the administrators of this group are. "
        "Please make me one of them and try again."
    )
