import pytest

from bot.sandbox.entities import detect_entities, formatted_text, parse_html
from bot.sandbox.errors import BotApiError


def entity(kind, offset, length, **more):
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain &lt;b&gt; &amp; &quot;", 'plain <b> & "', []),
        ("a & b &unknown; &#65;&#x1F600;", "a & b &unknown; A😀", []),
        ("<b>a</b> <STRONG>b</STRONG>", "a b", [entity("bold", 0, 1), entity("bold", 2, 1)]),
        ("😀<i>é</i>", "😀é", [entity("italic", 2, 1)]),
        ("<b>x<i>y</i></b>", "xy", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("<b></b>empty", "empty", []),
        (
            '<a href="https://e.org/?a=1&b">x</a>',
            "x",
            [entity("text_link", 0, 1, url="https://e.org/?a=1&b")],
        ),
        ('<span class="tg-spoiler">s</span>', "s", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [entity("expandable_blockquote", 0, 1)]),
    ],
)
def test_html_becomes_text_and_entities(source, text, entities):
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("é<div>x</div>", 'Unsupported start tag "div" at byte offset 2'),
        ("5 <3", "Unclosed start tag at byte offset 2"),
        ("I <3 you>", 'Unsupported start tag "3" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        (
            "<b><i>x</b></i>",
            'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<br>", 'Unsupported start tag "br" at byte offset 0'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words(source, reason):
    with pytest.raises(BotApiError) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"
    assert refused.value.status == 400


def test_a_text_is_trimmed_and_its_entities_move_along():
    assert formatted_text("  <b> x </b>\n", "HTML") == ("x", [entity("bold", 0, 1)])


def test_commands_links_and_mentions_are_found_but_not_in_code():
    text, entities = formatted_text("/help @alice_b https://e.org. <code>/no</code>", "html")
    assert text == "/help @alice_b https://e.org. /no"
    assert entities == [
        entity("bot_command", 0, 5),
        entity("mention", 6, 8),
        entity("url", 15, 13),
        entity("code", 30, 3),
    ]
    assert detect_entities("1/2 a/b c@d.ee") == []


def test_other_parse_modes_are_refused():
    with pytest.raises(BotApiError, match="unsupported parse_mode"):
        formatted_text("*x*", "Wiki")
