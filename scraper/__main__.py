"""Run the command line: `python -m scraper` is `pressclip`."""

from scraper.cli import main

if __name__ == "__main__":
    main()
