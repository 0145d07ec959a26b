"""The password of --redis-url, kept out of command lines and of config.yaml."""

import os
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

VARIABLE = "REDIS_PASSWORD"


def with_password(url: str) -> str:
    """Adds the password of the environment variable REDIS_PASSWORD to a URL, unless the URL has one."""
    password = os.environ.get(VARIABLE)
    parts = urlsplit(url)
    if not password or parts.password is not None or "password" in parse_qs(parts.query):
        return url
    if parts.scheme == "unix":
        return f"{url}{'&' if parts.query else '?'}password={quote(password, safe='')}"
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
