"""Measurements beside their goals, printed and kept."""

import statistics


class Verdicts:
    """Collects what was measured; each is printed as it comes."""

    def __init__(self):
        self.kept = []

    def at_most(self, what, value, must, aim, unit="x"):
        self._tell(what, value, must, aim, unit, value <= must, value <= aim, "≤")

    def at_least(self, what, value, must, aim, unit="x"):
        self._tell(what, value, must, aim, unit, value >= must, value >= aim, "≥")

    def for_comparison(self, what, value, unit="x"):
        print(f"{what:<66} {value:>9.3f} {unit}", flush=True)
        self.kept.append({"what": what, "value": round(value, 4), "unit": unit, "must": "", "aim": "",
                          "verdict": "for comparison"})

    def not_measured(self, what, why):
        print(f"{what:<66} not measured: {why}", flush=True)
        self.kept.append({"what": what, "verdict": f"not measured: {why}"})

    def _tell(self, what, value, must, aim, unit, held, reached, sign):
        verdict = "aim reached" if reached else "ok" if held else "MISSED"
        print(f"{what:<66} {value:>9.3f} {unit:<3} must {sign} {must:g}, aim {aim:g}  {verdict}", flush=True)
        self.kept.append({"what": what, "value": round(value, 4), "unit": unit, "must": f"{sign} {must:g}",
                          "aim": f"{sign} {aim:g}", "verdict": verdict})


def median(numbers):
    return statistics.median(numbers)
