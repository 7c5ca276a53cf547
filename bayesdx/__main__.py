"""``python -m bayesdx``."""

from bayesdx.cli import main

if __name__ == "__main__":
    main(prog_name="bayesdx")
