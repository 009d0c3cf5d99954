"""The console's two cookies: the session's, and the one sentence that the next page says.

Behind API Gateway everything is HTTPS, and a cookie's name promises it (`__Host-`); on this machine nothing is. A link in an
alarm's e-mail comes with the cookie (`SameSite=Lax`), a form on somebody else's page without it, and without the forms' key.
"""

import base64
from collections.abc import Mapping

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

_SESSION, _SAID = "session", "said"
_SAID_S = 60


def _named(name: str, headers: Mapping[str, str]) -> str:
    return f"__Host-{name}" if _is_secure(headers) else name


def _is_secure(headers: Mapping[str, str]) -> bool:
    return headers.get("x-forwarded-proto", "https") != "http"


def session_in(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the session's text that a browser sent, or nothing."""
    return cookies.get(_named(_SESSION, headers), "")


def session_cookie(token: str, headers: Mapping[str, str]) -> Cookie:
    """Return the cookie that keeps a session until the browser is closed; of an empty text, one that forgets it."""
    return _cookie(_SESSION, token, headers, None if token else 0)


def said_in(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the sentence that the last action left for this page, or nothing."""
    kept = cookies.get(_named(_SAID, headers), "")
    try:
        return base64.urlsafe_b64decode(kept).decode()
    except ValueError:
        return ""


def said_cookie(sentence: str, headers: Mapping[str, str]) -> Cookie:
    """Return the cookie that carries a sentence to the next page; of an empty one, one that forgets it."""
    kept = base64.urlsafe_b64encode(sentence.encode()).decode()
    return _cookie(_SAID, kept, headers, _SAID_S if sentence else 0)


def _cookie(name: str, value: str, headers: Mapping[str, str], max_age_s: int | None) -> Cookie:
    return Cookie(
        name=_named(name, headers),
        value=value,
        path="/",
        secure=_is_secure(headers),
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=max_age_s,
    )
