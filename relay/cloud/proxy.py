"""The proxy through which AWS is reached, and AWS alone."""

from urllib.parse import quote, urlsplit, urlunsplit

from relay.passwords import find_proxy_password
from relay.settings import ExchangeSettings


def proxies_of(settings: ExchangeSettings) -> dict[str, str] | None:
    """Return botocore's proxies, or nothing if the environment (HTTPS_PROXY) is to decide.

    Raises:
        SettingsError: The file with the proxy's password is unreadable or open to others.
    """
    if settings.proxy is None:
        return None
    parts, password = urlsplit(settings.proxy), find_proxy_password(settings)
    place = parts.netloc
    if parts.username and password:
        user, _, host = place.rpartition("@")
        place = f"{user}:{quote(password.get_secret_value(), safe='')}@{host}"
    address = urlunsplit(parts._replace(netloc=place))
    return {"http": address, "https": address}
