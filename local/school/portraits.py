"""Photos of people who do not exist: small images, real in format, no two alike."""

import io
import zlib
from typing import Literal

from PIL import Image, ImageDraw

Format = Literal["JPEG", "PNG", "GIF"]
UNKNOWN_PHOTO = b"BM\x00\x00 not a photo of a type that anybody knows"
_WIDTH, _HEIGHT = 72, 96


def portrait(person: int, *, turn: int = 0, image_format: Format = "JPEG") -> bytes:
    """Return a photo of a person; another `turn` gives another photo of the same one."""
    seed = zlib.crc32(f"{person}/{turn}".encode())
    back, skin, shirt = (_colour(seed, shift) for shift in (0, 7, 13))
    image = Image.new("RGB", (_WIDTH, _HEIGHT), back)
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 66, 62, 120), fill=shirt)
    draw.ellipse((20, 16, 52, 62), fill=skin)
    draw.arc((28, 38, 44, 54), start=20, end=160, fill=shirt, width=2)
    stream = io.BytesIO()
    image.save(stream, image_format, **({"quality": 80} if image_format == "JPEG" else {}))
    return stream.getvalue()


def _colour(seed: int, shift: int) -> tuple[int, int, int]:
    bits = seed >> shift | seed << (32 - shift)
    return 64 + bits % 160, 64 + (bits >> 8) % 160, 64 + (bits >> 16) % 160
