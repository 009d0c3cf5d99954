"""Where `operoo-relay` and `python -m relay` begin: Ctrl-C is told in a word even while the program is still being loaded."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from relay.command_line import main as run  # noqa: PLC0415 - loading it takes a second

        run()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)  # noqa: T201 - what prints may not be loaded yet
        sys.exit(130)


if __name__ == "__main__":
    main()
