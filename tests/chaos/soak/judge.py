"""What was asked, told and taken in a soak, held against what a mesh owes."""

import bisect
import math
from collections import Counter
from decimal import Decimal

# How long after the store is well again somebody may still be told that it is not.
AFTER = 15


def percentile(seconds, share):
    """That share of the questions took no longer, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[math.ceil(share * len(ordered)) - 1]


class Known:
    """What the queries tell of each revision, and which comes after which."""

    def __init__(self):
        self.order, self.light, self.heavy = [], {}, {}

    def note(self, revision, rows):
        counted = Counter(amount for _, amount in rows)
        self.order.append(revision)
        self.light[len(rows), sum(amount for _, amount in rows)] = len(self.order)
        self.heavy[sum(n**3 for n in counted.values()), sum(n**3 * amount for amount, n in counted.items())] = len(self.order)


def number_and_sum(told):
    return int(told[0]), Decimal(told[1])


def wrong_answers(asked, known):
    """Answers of no revision, or of an earlier one than the same asker was told before."""
    wrong, newest = [], 0
    for one in asked:
        if "answer" not in one:
            continue
        at = known.get(number_and_sum(one["answer"]))
        if at is None or at < newest:
            wrong.append(one)
        newest = max(newest, at or 0)
    return wrong


def wrong_past(asked, known):
    """Answers as of a moment that are not what was served then."""
    told = lambda one: known.light.get(number_and_sum(one["answer"]["told"]))
    return [one for one in asked if "answer" in one and told(one) != known.order.index(one["answer"]["revision"]) + 1]


def errors(asked):
    return [one for one in asked if "error" in one]


def unread(asked, known):
    """Errors between the answers of two revisions: nobody had read the newer one yet, so that nothing of it was kept."""
    found, waiting, newest = [], [], 0
    for one in asked:
        if "error" in one:
            waiting.append(one)
            continue
        at = known.get(number_and_sum(one["answer"]), newest)
        found += waiting if at > newest else []
        waiting, newest = [], max(newest, at)
    return found


def errors_in_fair_weather(asked, spells):
    """Errors of questions that were put and answered while the store was well."""
    foul = [(spell["began"], spell["ended"] + AFTER) for spell in spells if spell["name"] != "sound"]
    began = [start for start, _ in foul]

    def is_fair(one):
        before = bisect.bisect_right(began, one["at"] + one["seconds"])
        return all(end < one["at"] for _, end in foul[:before])

    return [one for one in errors(asked) if is_fair(one)]
