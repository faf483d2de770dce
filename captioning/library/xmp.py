"""Captions as XMP: packets of one's own, and one's own part in packets of others.

XMP is Adobe's way of describing files (ISO 16684-1); a caption is its `dc:description`. What others
have written is never parsed and written again, which would lose what a parser does not know: our
`rdf:Description` is inserted as text before the end, and found again by the attribute that says
which model the caption is by.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from captioning.errors import CaptioningError
from captioning.library.records import Said

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OURS = re.compile(rb"<rdf:Description [^>]*\bcaptionbot:model=.*?</rdf:Description>\n?", re.DOTALL)
_DESCRIPTION = re.compile(rb"<dc:description\b|\bdc:description\s*=")
_END = re.compile(rb"</\w+:RDF\s*>")
_ABOUT = re.compile(rb"\brdf:about\s*=\s*([\"'])(.*?)\1")
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f'<rdf:RDF xmlns:rdf="{_RDF}">\n'
    "</rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>'
).encode()


class KeptAsItIsError(CaptioningError):
    """A caption is not written into a file; the text says why."""


def described(packet: bytes | None, said: Said) -> bytes:
    """The packet with a caption as the description of its file.

    Args:
        packet: what is there already, in UTF-8; None for nothing.

    Raises:
        KeptAsItIsError: it has a description by somebody else, or is not understood.
    """
    rest = _OURS.sub(b"", packet or _EMPTY)
    if _DESCRIPTION.search(rest):
        raise KeptAsItIsError("It has a description already, which is kept.")
    ends = list(_END.finditer(rest))
    if len(ends) != 1:
        raise KeptAsItIsError("Its XMP is of a kind that cannot be added to, and is kept.")
    about = _ABOUT.search(rest)
    place = ends[0].start()
    return rest[:place] + _block(said, about[2] if about else b"") + rest[place:]


def _block(said: Said, about: bytes) -> bytes:
    # Everything in a packet has to be about the same thing, so it is called as the others call it.
    model = quoteattr(f"{said.model} {said.version}")
    confidence = (
        "" if said.confidence is None else f' captionbot:confidence="{said.confidence:.2f}"'
    )
    opening = (
        f'<rdf:Description xmlns:rdf="{_RDF}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:captionbot="urn:captionbot:xmp/" captionbot:model={model}{confidence} rdf:about="'
    )
    closing = (
        '">\n<dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(said.text)}</rdf:li>'
        "</rdf:Alt></dc:description>\n</rdf:Description>\n"
    )
    return opening.encode() + about + closing.encode()
