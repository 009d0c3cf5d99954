"""What an authenticator app is given: a secret, as text and as a picture that it can read. Nobody else ever sees either."""

from urllib.parse import quote

import segno
from pydantic import BaseModel

from functions.runtime.wiring import settings

# What readers need around the picture.
_QUIET_ZONE = 4


class Authenticator(BaseModel):
    """What an authenticator app is given.

    Attributes:
        secret: To be typed, in groups of four.
        size: Width and height of the picture (a QR code), in modules.
        path: The picture itself, as the data of an SVG path.
    """

    secret: str
    size: int
    path: str


def authenticator(email: str, secret: str) -> Authenticator:
    """Return what the app of a person is given."""
    school = quote(settings().school_name)
    code = segno.make_qr(f"otpauth://totp/{school}:{quote(email)}?secret={secret}&issuer={school}", error="m")
    rows = [bytes(row) for row in code.matrix_iter(border=_QUIET_ZONE)]
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return Authenticator(secret=" ".join(parts), size=len(rows), path="".join(dark))
