"""`python -m local.openapi`: the console's OpenAPI document, as `docs/openapi.json` has it."""

import json

from functions.console.handler import console
from functions.console.openapi import openapi
from local.arguments import take_none


def main() -> None:
    """Print the document."""
    take_none("local.openapi", __doc__)
    print(json.dumps(openapi(console()), indent=2))


if __name__ == "__main__":
    main()
