"""Captions to words as the field's ruler, pycocoevalcap's tokeniser, splits them; no Java.

The ruler runs Stanford's Penn Treebank tokeniser and drops punctuation. That tokeniser is a lexer:
at each place it tries all its rules, and the one that reaches furthest wins (the first of them
when several reach as far). A rule may look beyond the token it yields, and what it sees there
counts as reach: "dog's" yields "dog" because a rule for words saw "'s" behind it. The rules here
are those that captions can meet, found by watching what the tokeniser answers.
"""

import re

# Tokens that the ruler drops. "-LRB-" and its like are on its list too, but in capitals, and by
# then every token is in small letters: brackets therefore stay, here as there.
_PUNCTUATION = frozenset(("''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"))

# Words that keep their full stop.
_ABBREVIATIONS = (
    "adj adm adv al ala alex apr ariz assn assoc asst atty aug ave bancorp bhd bldg blvd brig "
    "bros calif capt cf cie cmdr co col colo conn corp cos cpl ct dak dec dept det dr drs "
    "elec ens esq est etc ext feb fla fri ft ga gen gov govs hon inc ind insp intl invt jan "
    "jos jr jul jun kan kans ky lt ltd maj mar md messrs mfg mich minn mlle mme mo mon mont "
    "mr mrs ms msgr mt mtg natl neb nev nov oct okla penn pfc ph plc ppte ppty pres prof "
    "profs pte ptes pty ptys pvt rd rep reps rev rt sen sens sep sept seq sfc sgt spc sq sr "
    "st ste supt sys tel tenn thu thurs tue tues univ va vs vt wed wis wisc wm wyo"
).split()
_ABBREVIATIONS_IN_CAPITALS = [
    "Ark",
    "Az",
    "Del",
    "Ill",
    "La",
    "Mass",
    "Miss",
    "Ore",
    "Pa",
    "Tex",
    "Wash",
]
_ABBREVIATIONS_BEFORE_A_NUMBER = ["art", "ca", "fig", "figs", "no", "nos", "op", "pp", "prop"]

# After "C." these begin a sentence; before any other word "C." is an initial with its full stop.
_SENTENCE_STARTS = (
    "A|About|According|Additionally|After|An|As|At|But|Earlier|He|Her|Here|However|If|In|It|Last|"
    "Many|More|Now|Once|One|Other|Our|She|Since|So|Some|Such|That|The|Their|Then|There|These|They|"
    "This|We|What|When|While|Yet|You"
)

_CLITICS = ("s", "m", "d", "re", "ve", "ll")

_LETTER = r"[^\W\d_]"
_ALNUM = r"[^\W_²³¹¼½¾⅐-⅞]"
_APOSTROPHE = "(?:['’]|&apos;)"
_WORD = rf"{_LETTER}{_ALNUM}*(?:[.!?]{_LETTER}{_ALNUM}*)*"
_CLITIC = rf"{_APOSTROPHE}(?i:{'|'.join(_CLITICS)})"
_COMPOUND_PART = rf"(?:[dDlLoO]['’]{_ALNUM})?{_ALNUM}+"
_SLASHED_PART = "[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}"
_IN_ADDRESS = r"[^\s\"<>|()]"
_ENDS_ADDRESS = r"[^\s\"<>|.!?(){},-]"
_HOST_PART = r"[^\s\"'`<>|.!?(){},-_$]+"  # no range from "," to "_": neither capitals nor figures
_EYES = "[-^x=~<>']"

# Group 1 is the token; what a rule matches beyond it only counts as reach.
_RULES = tuple(
    re.compile(rule)
    for rule in (
        # Mark-up and character entities.
        r"(<[!?/]?[A-Za-z][\w:.-]*(?: +[\w:.-]+(?: *= *(?:'[^']*'|\"[^\"]*\"|[\w:.-]+))?)* */?>)",
        r"(&(?:[A-Za-z]+|#[0-9]+);)",
        # Words that were written as one.
        r"(?i:(can)not)",
        r"(?i:(gon|wan)na)",
        r"(?i:(got)ta)",
        r"(?i:(lem|gim)me)",
        r"(?i:('t)(?:is|was))",
        # Words with an apostrophe.
        rf"({_WORD}){_CLITIC}",
        r"([A-Za-z]*[A-MO-Za-mo-z])[nN]['’‘`][tT]",
        r"([nN]['’‘`][tT])",
        rf"({_CLITIC})(?:[^A-Za-z]|$)",
        rf"(’(?i:{'|'.join(_CLITICS)}))",
        r"(?i:('n'|’n['’]?|[ldj]['’]|dunkin['’]|somethin['’]|ol['’]|['’](?:em|cause|till?)))",
        r"(['’][nN])(?=\s|$)",
        r"([yY]['’])[A-Za-z]",
        r"((?i:c['’](?:est|mon)|e['’]er|li['’]l|nat['’]l|ev['’]ry|s['’]mores|nor['’]easter))",
        rf"((?:[A-HJ-XZn]['’]{_LETTER}{{2}}|{_LETTER}+[aeiouyAEIOUY]['’][aeiouA-Z]){_LETTER}*)",
        r"(['’](?:[2-9]0s|[0-9]{2}(?=\s|$)))",
        # Words.
        rf"({_WORD})",
        rf"({_COMPOUND_PART}(?:-{_COMPOUND_PART})*)",
        r"([A-Za-z0-9][A-Za-z0-9.,]*(?:-(?:[A-Za-z](?:\.[A-Za-z])+\.|[A-Za-z0-9]+))+)",
        r"([A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+)",
        rf"({_SLASHED_PART}(?:\\?/{_SLASHED_PART}){{1,2}})",
        r"([A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+)",
        # Abbreviations.
        r"([A-Za-z](?:\.[A-Za-z])*\.)",
        rf"([A-Za-z])\.\s+(?:{_SENTENCE_STARTS})(?:\s|$)",
        r"((?i:ph\.d|cont['’]d)\.)",
        rf"((?i:{'|'.join(_ABBREVIATIONS)})\.)",
        rf"((?:{'|'.join(f'{word}|{word.upper()}' for word in _ABBREVIATIONS_IN_CAPITALS)})\.)",
        rf"((?i:{'|'.join(_ABBREVIATIONS_BEFORE_A_NUMBER)})\.)(?=\s?[0-9])",
        rf"({_WORD}\.)[,;:]",
        # Numbers.
        r"([-+]?(?:[0-9]*(?:[.:,][0-9]+)+|[0-9]+))",
        r"((?:[0-9]{1,4}[- \u00a0])?[0-9]{1,4}(?:\\?/|⁄)[0-9]{1,4})",
        r"([0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4})",
        r"((?:\([0-9]{2,3}\)[ \u00a0]?|(?:\+\+?)?(?:[0-9]{2,4}[- \u00a0])?[0-9]{2,4}[- \u00a0])"
        r"[0-9]{3,4}[- \u00a0]?[0-9]{3,5})",
        r"((?:(?:\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5})",
        r"([A-Z]*\$|[cC]\+\+)",
        # Files and addresses.
        r"([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*\.(?i:bmp|docx?|gif|html?|jpe?g|mov|mp3|pdf|png|txt|wav|xml|x))",
        rf"(https?://{_IN_ADDRESS}+{_ENDS_ADDRESS})",
        rf"((?:www\.(?:[^\s\"<>|.!?(){{}},]+\.)+[A-Za-z]{{2,4}}|(?:{_HOST_PART}\.)+(?:com|net|org|edu))"
        rf"(?:/{_IN_ADDRESS}+{_ENDS_ADDRESS})?)",
        rf"(<?[A-Za-z0-9]{_IN_ADDRESS}*@(?:[^\s\"<>|().]+\.)*[^\s\"<>|().]+>?)",
        r"(@[A-Za-z]\w*|#[A-Za-z]+)",
        # Faces.
        r"([<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]])(?![A-Za-z0-9])",
        rf"({_EYES}_{_EYES}|\({_EYES}[_.]?{_EYES}\))",
        # Signs.
        r"(\.{3}|\. \. \.)",
        r"([!?]+|\*+|_+|@+|#+|-{5,}|-{2,4}|<<|>>|''|``)",
        r"(\S)",
    )
)

_SPELT = {
    **{"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"},
    **{"£": "#", "€": "$", "¢": "cents", "&amp;": "&", "&lt;": "<", "&gt;": ">"},
    **{"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"},
    **dict.fromkeys(('"', "“", "”", "«", "»", "&quot;"), "''"),
    **dict.fromkeys(("’", "‘", "‚", "‹", "›", "&apos;"), "'"),
    **dict.fromkeys(("–", "—", "―", "&mdash;", "&ndash;", "---", "----"), "--"),
    **{"…": "...", ". . .": "...", "n’t": "n't", "n‘t": "n`t"},
    **{f"{mark}{clitic}": f"'{clitic}" for mark in ("’", "&apos;") for clitic in _CLITICS},
}

# Emoji, what holds them together, and the space of mark-up: the lexer skips them.
_SKIPPED = re.compile("&nbsp;|[\u200b-\u200f\ufe00-\ufe0f\U00010000-\U0010ffff]")

# Most chunks of a caption are plain words, which no rule splits or joins with what follows.
_PLAIN = re.compile(r"([A-Za-z]+(?:-[A-Za-z]+)*),?(?=\s|$)|\s+|[.,](?=\s|$)")
_JOINED = frozenset(("cannot", "gonna", "wanna", "gotta", "lemme", "gimme"))


def tokenise(caption: str) -> list[str]:
    """Split a caption into words in small letters, without punctuation.

    A space inside a token (as in the fraction "1 1/2") becomes a no-break space, as in the ruler.
    """
    caption = _SKIPPED.sub(" ", caption)
    tokens: list[str] = []
    start = 0
    while start < len(caption):
        plain = _PLAIN.match(caption, start)
        if plain and (plain[1] or "").lower() not in _JOINED:
            token, start = plain[1], plain.end()  # no token for white space, a comma, a full stop
        else:
            token = _longest(caption, start)
            start += len(token)
        if token:
            tokens.append(_write(token.lower()))
    return [token for token in tokens if token not in _PUNCTUATION]


def _longest(caption: str, start: int) -> str:
    """The token of the rule that reaches furthest from ``start``, where no space stands."""
    matches = [match for rule in _RULES if (match := rule.match(caption, start))]
    return max(matches, key=re.Match.end)[1]


def _write(token: str) -> str:
    """The token as the ruler spells it."""
    if token in _SPELT:
        return _SPELT[token]
    if token.isalpha():
        return token
    return token.replace(" ", "\u00a0").replace("(", "-lrb-").replace(")", "-rrb-")
