"""Photos and captions as the page is told of them."""

from bot.queue.steps import NewCaption
from bot.texts.web import failed_text
from bot.web.uploads import Upload
from captioning.catalogue import title
from captioning.confidence import is_unsure


def described(upload: Upload, place: int) -> dict[str, object]:
    """A photo of the visitor who asks.

    Args:
        place: see `Line.place`.
    """
    told: dict[str, object] = {"id": upload.id}
    if not upload.done.is_set():
        return {**told, "status": "waiting", "before": max(0, place - 1)}
    if upload.problem is not None:
        return {**told, "status": "failed", "error": failed_text(upload.problem)}
    captions = [
        {**_caption(caption), "rating": upload.ratings.get(index, 0)}
        for index, caption in enumerate(upload.captions)
    ]
    own = upload.correction[1] if upload.correction is not None else None
    return {**told, "status": "done", "captions": captions, "own": own}


def _caption(caption: NewCaption) -> dict[str, object]:
    return {
        "title": title(caption.model),
        "text": caption.text,
        "words": caption.words,
        "confidence": caption.confidence,
        "unsure": is_unsure(caption.confidence),
        # Three digits are more than a picture shows.
        "attention": None if caption.attention is None else caption.attention.round(3).tolist(),
    }
