"""The texts of /settings."""

from collections.abc import Mapping
from html import escape

from bot.i18n import gettext as _
from bot.i18n import language_name, language_of
from bot.people.users import ALL_MODELS, Person, model_choices
from bot.storage.tables import LONG, NORMAL, SHORT
from captioning.catalogue import attentive_models, title


def settings_text(person: Person) -> str:
    """What a person has chosen, and could choose otherwise, in the order of the buttons below."""
    if person.chosen_language is None:
        language = _("as in your Telegram ({language})").format(
            language=language_name(language_of(person.language_code))
        )
    else:
        language = language_name(person.chosen_language)
    lines = [
        (_("Language"), language),
        (_("Captions"), detail_names()[person.detail]),
    ]
    if model_choices():
        lines.insert(0, (_("Models"), models_name(person.model_choice)))
    if attentive_models():
        attention = attention_names()[person.shows_attention]
        lines.append((_("Picture of where the model looked"), attention))
    chosen = "\n".join(f"{name}: <b>{escape(value)}</b>" for name, value in lines)
    return _("⚙️ Your settings") + f"\n\n{chosen}"


def models_name(choice: str) -> str:
    """A choice of models; `choice` as in `users.model_choice`."""
    return _("all models") if choice == ALL_MODELS else title(choice)


def detail_names() -> Mapping[str, str]:
    return {SHORT: _("short"), NORMAL: _("normal"), LONG: _("detailed")}


def attention_names() -> Mapping[bool, str]:
    """When the picture of where the model looked is sent."""
    return {True: _("with every answer"), False: _("on request")}


def changed_text() -> str:
    """Answers a press. Photos that wait already are captioned as before."""
    return _("Done. This holds from your next photo on.")


def language_changed_text() -> str:
    return _("From now on I speak English.")


def own_settings_text() -> str:
    """To somebody who presses a button of another person's settings."""
    return _("Send /settings to choose for yourself.")
