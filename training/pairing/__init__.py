"""Photos that nobody captioned, paired with captions of photos that are not there.

A small network learns from captioned photos which words captions of a photo say. Each text is then
scored for each photo by how much likelier its words are there than in any text, and of the best the
one is chosen that is most like all of them. The texts' own photos are never known.
"""
