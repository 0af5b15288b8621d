"""What goes wrong with the store of a mesh, one spell after the other, by a seed."""

import random
import time
from typing import NamedTuple

import httpx

SOUND = {"refused": 0.0, "broken": 0.0, "wait": 0.0}


class Spell(NamedTuple):
    name: str
    # Seconds, least and most.
    lasts: tuple
    faults: dict
    is_cut: bool = False


SPELLS = [
    Spell("sound", (5, 15), SOUND),
    Spell("a tenth refused", (5, 15), SOUND | {"refused": 0.1}),
    Spell("all refused", (3, 8), SOUND | {"refused": 1.0}),
    Spell("slow", (5, 15), SOUND | {"wait": 0.2}),
    Spell("reads broken off", (5, 15), SOUND | {"broken": 0.2}),
    Spell("line cut", (3, 8), SOUND, is_cut=True),
]


class Weather:
    """Over a store that is reached by a line."""

    def __init__(self, store, line, seed):
        self.store, self.line, self.chosen = store, line, random.Random(seed)
        self.spells = []

    def next(self):
        """Another spell, and how many seconds it lasts; the one before ends first."""
        spell = self.chosen.choice(SPELLS)
        self._set(spell.faults)
        if spell.is_cut:
            self.line.cut()
        self.spells.append({"name": spell.name, "began": time.time()})
        return spell, self.chosen.uniform(*spell.lasts)

    def clear(self, spell):
        """All is well with the store from now on."""
        self._set(SOUND)
        if spell.is_cut:
            self.line.mend()
        self.spells[-1]["ended"] = time.time()

    def _set(self, faults):
        httpx.put(f"{self.store.endpoint}/_weather", json=faults, timeout=60).raise_for_status()
