"""How names and texts are written in T-SQL, so that nothing in them can end them."""


def bracketed(name: str) -> str:
    """Return an identifier in brackets."""
    return "[" + name.replace("]", "]]") + "]"


def literal(text: str) -> str:
    """Return a text as a literal, in any language's letters."""
    return "N'" + text.replace("'", "''") + "'"
