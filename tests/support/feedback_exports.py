"""Exports as the bot writes them, for tests of what is made of them."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NOON = "2026-03-10T12:00:00+00:00"


def person(number: int) -> str:
    """A pseudonym."""
    return f"{number:016x}"


def photo(number: int, *, size: tuple[int, int] = (160, 120), quality: int = 90) -> bytes:
    """A JPEG of coloured clouds; no two numbers give similar ones."""
    clouds = np.random.default_rng(number).integers(0, 256, (9, 12, 3), np.uint8)
    buffer = io.BytesIO()
    picture = Image.fromarray(clouds).resize(size, Image.Resampling.BICUBIC)
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class ExportBuilder:
    """Gathers lines and photos, and writes them as a zip."""

    def __init__(self, exported_at: str = NOON) -> None:
        self.exported_at = exported_at
        self.lines: list[dict[str, Any]] = []
        self.photos: dict[str, bytes] = {}
        self._ids: dict[str, int] = {}

    def caption(
        self,
        content: bytes | None,
        text: str,
        up: tuple[int, ...] = (),
        down: tuple[int, ...] = (),
        **fields: Any,
    ) -> None:
        """A model's caption; `up` and `down` are the people who rated it."""
        votes = [(number, 1) for number in up] + [(number, -1) for number in down]
        self._add(
            content,
            kind="caption",
            text=text,
            model="resnet34-lstm",
            version="1",
            options="default",
            log_probability=-9.5,
            up=len(up),
            down=len(down),
            ratings=[{"person": person(who), "value": value, "at": NOON} for who, value in votes],
            created_at=NOON,
            **fields,
        )

    def correction(self, content: bytes | None, text: str, who: int, **fields: Any) -> None:
        self._add(
            content,
            kind="correction",
            text=text,
            person=person(who),
            created_at=NOON,
            updated_at=NOON,
            **fields,
        )

    def _add(self, content: bytes | None, **fields: Any) -> None:
        digest = image = None
        if content is not None:
            digest = sha256(content)
            image = f"photos/{digest}.jpg"
            self.photos[image] = content
        number = self._ids.setdefault(digest or f"none {len(self._ids)}", len(self._ids) + 1)
        about = {"photo_id": number, "image": image, "sha256": digest, "width": 160, "height": 120}
        self.lines.append({**about, **fields})

    def write(self, path: Path, **manifest: Any) -> Path:
        kinds = [line.get("kind") for line in self.lines]
        described = {
            "format": 1,
            "exported_at": self.exported_at,
            "captions": kinds.count("caption"),
            "corrections": kinds.count("correction"),
            "photos": len(self.photos),
        }
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.photos.items():
                archive.writestr(name, content)
            lines = "".join(json.dumps(line) + "\n" for line in self.lines)
            archive.writestr("feedback.jsonl", lines)
            archive.writestr("manifest.json", json.dumps(described | manifest))
        return path
