"""Photos as the school has them, and small ones for lists."""

import io
from typing import Any

import pytest
from PIL import Image

from functions.console.web import files_page, thumbnails
from functions.console.web.thumbnails import face
from tests.console.site import Site


def photo(kind: str, size: tuple[int, int] = (600, 800), mode: str = "RGB", **how: Any) -> bytes:
    """Return a photo: red above, white below."""
    made = Image.new(mode, size, "white" if mode == "RGB" else 0)
    made.paste("red" if mode in {"RGB", "RGBA"} else 1, (0, 0, size[0], size[1] // 2))
    out = io.BytesIO()
    made.save(out, kind, **how)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return what a browser would show."""
    assert content[:2] == b"\xff\xd8"
    return Image.open(io.BytesIO(content)).convert("RGB")


@pytest.mark.parametrize(
    "content",
    [photo("JPEG"), photo("PNG"), photo("PNG", mode="RGBA"), photo("PNG", mode="L"), photo("GIF"), photo("PNG", mode="1")],
)
def test_a_face_is_small_and_keeps_its_proportions(content: bytes) -> None:
    """Whatever kind of picture the school has."""
    small = opened(face(content))
    assert small.size == (90, 120)
    assert len(face(content)) < 5_000


def test_what_is_transparent_is_white() -> None:
    """And not black, as a JPEG would have it."""
    red, green, blue = opened(face(photo("PNG", mode="RGBA"))).getpixel((45, 110))  # type: ignore[misc]
    assert min(red, green, blue) > 240


def test_a_photo_that_lies_on_its_side_is_put_upright() -> None:
    """Cameras turn no picture: they note how they were held."""
    turned = Image.Exif()
    turned[0x0112] = 6
    assert opened(face(photo("JPEG", (800, 600), exif=turned))).size == (90, 120)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 no photo", photo("JPEG")[:900], photo("BMP"), photo("TIFF")])
def test_what_is_no_photo_is_said_to_be_none(content: bytes) -> None:
    """Damaged, cut off, or of another kind."""
    with pytest.raises(ValueError, match="photo"):
        face(content)


def test_a_photo_of_too_many_pixels_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may hold an enormous picture."""
    monkeypatch.setattr(thumbnails, "_PIXELS", 600 * 800 - 1)
    with pytest.raises(ValueError, match="too many pixels"):
        face(photo("PNG"))


def test_lists_show_faces_and_the_persons_page_the_photo(site: Site) -> None:
    """Both only to somebody who is signed in; a browser keeps them for a day; what cannot be read is not there."""
    content = photo("JPEG")
    digest, damaged = site.cloud.photo(content), site.cloud.photo(b"\xff\xd8 no photo")
    viewer = site.visitor("viewer")
    assert viewer.get(f"/photo/{digest}").content == content
    answer = viewer.get(f"/photo/{digest}/face")
    assert opened(answer.content).size == (90, 120)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "image/jpeg",
        "private, max-age=86400, immutable",
    )
    assert viewer.get(f"/photo/{damaged}/face").status == 404
    assert viewer.get(f"/photo/{'0' * 64}/face").status == 404
    assert site.visitor().get(f"/photo/{digest}/face").status in {303, 401, 403}


def test_a_photo_that_is_larger_than_lambda_answers_is_shown_small(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A school's camera may make ten megabytes."""
    content = photo("JPEG")
    monkeypatch.setattr(files_page, "LARGEST_FILE", len(content) - 1)
    assert opened(site.visitor("viewer").get(f"/photo/{site.cloud.photo(content)}").content).size == (90, 120)
