"""Which nouns a caption says, and whether it fits its photo by them.

A caption fits when it names at least one object or noun of the references. Objects are COCO's 80,
by any of their names; nouns are what is left of a caption's words without those of English that
bind or qualify others, the verbs that captions are made of, and everything that ends as
participles and adverbs do. That needs no tagger, and errs where a word is both: what is mostly
a verb in captions ("runs", "looks") is none of ours.

It is a weak demand: the rest of the caption may be wrong. What fails it has missed the photo.
"""

from collections.abc import Iterable

from training.coco_objects import objects_in
from training.feedback.words import content_words

_QUALITIES = (
    "black white red green blue yellow orange brown grey gray pink purple tan gold golden silver "
    "beige blond blonde brunette colorful colored multicolored dark light bright plain clear big "
    "large larger small smaller little tiny huge giant tall high tallest long short deep shallow "
    "wide narrow steep sharp thick thin flat round full empty heavy fast slow hot cold warm wet "
    "dry dirty muddy clean icy snowy sandy grassy rocky wooded wooden plastic "
    "sunny cloudy foggy blurry fluffy furry curly shaggy hairy fancy busy crowded lone alone open "
    "closed old older elderly young younger teenage adult asian african american german indian "
    "japanese chinese new beautiful pretty cute funny happy strange different various several "
    "similar same other single only whole half electric inflatable public professional formal "
    "outdoor outdoors indoor indoors urban rural nearby close away together upside overhead "
    "airborne midair asleep naked barefoot shirtless bald ready able casual visible natural "
    "colourful decorative empty lush modern traditional antique vintage fresh great nice good own "
    "side front back rear top bottom middle end edge left right center centre corner part piece "
    "background foreground distance view sight way day time night lot lots bunch pair couple group "
    "number set kind type bit one two three four five six seven eight nine ten first second third "
    "something someone somebody anything everything nothing thing things stuff object objects item "
    "items area place scene picture pictures photo photograph image camera "
    "s t very just still also even almost partially brightly really"
)
"""Words of colour, size, matter, number and place: right often, by chance."""

_VERBS = (
    "is are was be has have do does did get gets got go goes gone come comes came run runs ran "
    "jump jumps leap leaps stand stands stood sit sits sat lie lies lay lays laid walk walks look "
    "looks watch watches hold holds held ride rides play plays climb climbs carry carries catch "
    "catches chase chases smile smiles swim swims swing swings throw throws thrown take takes "
    "taken make makes made try tries pose poses face faces wear wears worn eat eats drink drinks "
    "perform performs pull pulls push pushes point points show shows shown hang hangs fly flies "
    "reach reaches rest rests wait waits talk talks sleep sleeps lead leads follow follows use "
    "uses used kick kicks hit hits attempt attempts prepare prepares read reads appear appears "
    "seem seems touch touches move moves turn turns cross crosses begin begins stare stares laugh "
    "laughs kneel kneels crouch crouches lean leans lift lifts put puts fall falls fallen grab "
    "grabs give gives given help helps cut cuts eaten seen see sees splash splashes kiss kisses "
    "pass passes blow blows bite bites fight fights race races slide slides lit built kept set "
    "let stuck spread shot say says drive drives cover covers surround surrounds enjoy enjoys "
    "raise raises dressed covered filled parked surrounded painted stuffed decorated colored "
    "striped plaid haired bearded seated fenced paved gathered attached tied displayed topped "
    "stacked loaded stained"
)
_PARTICIPLE, _ADVERB, _PAST = "ing", "ly", "ed"
_NOT_PARTICIPLES = frozenset(
    (
        "building railing swing ceiling clothing painting ring string wing king "
        "crossing wedding awning earring morning evening spring icing "
        "pudding outcropping lightning frosting topping dressing "
        "sibling duckling sling bedding flooring drawing"
    ).split()
)
_NOT_ADVERBS = frozenset("fly belly jelly family butterfly dragonfly lily bully trolly".split())
_NOT_PAST = frozenset("bed shed seed weed sled reed moped".split())
_NO_NOUNS = frozenset(f"{_QUALITIES} {_VERBS}".split())
_ENDINGS = (
    ("ves", "f"),
    ("ies", "y"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
)


def nouns_in(caption: str) -> set[str]:
    """The nouns of a caption, each in the singular."""
    return {_singular(word) for word in content_words(caption) if _is_noun(word)}


def fits(caption: str, references: Iterable[str]) -> bool:
    """Whether a caption names at least one object or noun that one of the references names."""
    said = _named(caption)
    return any(not said.isdisjoint(_named(reference)) for reference in references)


def _named(text: str) -> set[str]:
    return nouns_in(text) | {f"{thing} (object)" for thing in objects_in(text)}


def _is_noun(word: str) -> bool:
    if word in _NO_NOUNS or word.isdigit():
        return False
    return not (
        (word.endswith(_PARTICIPLE) and word not in _NOT_PARTICIPLES)
        or (word.endswith(_ADVERB) and word not in _NOT_ADVERBS)
        or (word.endswith(_PAST) and word not in _NOT_PAST)
    )


def _singular(noun: str) -> str:
    for ending, singular in _ENDINGS:
        if noun.endswith(ending) and len(noun) > len(ending) + 1:
            return noun.removesuffix(ending) + singular
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3:
        return noun[:-1]
    return noun
