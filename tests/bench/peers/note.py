"""Prints and keeps a measurement that was taken elsewhere, which is to be at most so much.

    python note.py FOLDER PART WHAT VALUE MUST AIM
"""

import argparse
import sys
from pathlib import Path

import setting as settings
from verdicts import Verdicts


def main():
    folder, part, what, *numbers = sys.argv[1:]
    verdicts = Verdicts()
    verdicts.at_most(what, *map(float, numbers))
    settings.keep(argparse.Namespace(folder=Path(folder)), part, verdicts=verdicts.kept)


if __name__ == "__main__":
    main()
