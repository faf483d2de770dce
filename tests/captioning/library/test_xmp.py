"""Captions as XMP, read by a parser of XML."""

import xml.etree.ElementTree as ElementTree

import pytest

from captioning.library.records import Said
from captioning.library.xmp import KeptAsItIsError, described

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
SAID = Said("small", "1.0", 'A <dog> & "cat".', ("a",), -1.0, 0.81)
OTHERS = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="uuid:7" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def texts(packet: bytes) -> list[str | None]:
    tree = ElementTree.fromstring(packet)
    return [item.text for item in tree.iterfind(f".//{DC}description/{RDF}Alt/{RDF}li")]


def test_the_caption_is_the_description() -> None:
    assert texts(described(None, SAID)) == [SAID.text]


def test_a_later_caption_takes_the_place_of_an_earlier_one() -> None:
    once = described(None, SAID)
    again = described(once, Said("other", "2", "A tree.", ("a",), -1.0, None))
    assert texts(again) == ["A tree."]
    assert described(again, SAID) == once


def test_what_others_wrote_stays_and_is_about_the_same() -> None:
    packet = described(OTHERS, SAID)
    assert texts(packet) == [SAID.text]
    abouts = {
        element.get(f"{RDF}about")
        for element in ElementTree.fromstring(packet).iter(f"{RDF}Description")
    }
    assert abouts == {"uuid:7"}
    assert b'xmp:Rating="5"' in packet


@pytest.mark.parametrize(
    "packet",
    [
        OTHERS.replace(b"xmp:Rating", b"dc:description"),
        described(None, SAID).replace(b"captionbot:model", b"captionbot:was"),
        b"no XMP at all",
        OTHERS.decode().encode("utf-16"),
    ],
)
def test_a_description_of_somebody_else_is_kept(packet: bytes) -> None:
    with pytest.raises(KeptAsItIsError):
        described(packet, SAID)
