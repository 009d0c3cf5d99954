"""A photo made small for lists: a page of fifty people is then some hundred kilobytes, not some megabytes."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

# Three times as fine as lists show it, for screens that are.
_SIZE = (96, 120)
_QUALITY = 80
_PIXELS = 50_000_000
TYPE = "image/jpeg"


def face(content: bytes) -> bytes:
    """Return a photo as a JPEG of at most 96 by 120 pixels, upright.

    Raises:
        ValueError: It is none, is damaged, or has more than 50 million pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _small(content)
    except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"the photo cannot be read: {type(error).__name__}") from None


def _small(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "GIF")) as photo:
        if photo.width * photo.height > _PIXELS:
            raise ValueError("the photo has too many pixels")
        # A JPEG is decoded at a fraction of its size; the finer steps follow.
        photo.draft("RGB", _SIZE)
        upright = ImageOps.exif_transpose(photo).convert("RGBA" if photo.mode in {"LA", "P", "PA", "RGBA"} else "RGB")
    if upright.mode == "RGBA":
        white = Image.new("RGB", upright.size, "white")
        white.paste(upright, mask=upright.getchannel("A"))
        upright = white
    upright.thumbnail(_SIZE)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
