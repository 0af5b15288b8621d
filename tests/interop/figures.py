"""What the demo's ports hold: rows and sums, worked out from the sources and the queries apart from Weft."""

from typing import NamedTuple


class Figures(NamedTuple):
    rows: int
    sums: dict


TABLES = {
    "aviation.flights.departures": Figures(336776, {"distance": 350217607, "dep_delay": 4152200}),
    "aviation.cancellations.daily": Figures(5432, {"scheduled": 336776, "cancelled": 8255}),
    "aviation.schedule.routes": Figures(439, {"flights": 336776}),
    "weather.observations.hourly": Figures(26115, {"wind_dir": 5124870}),
    "weather.extremes.daily": Figures(1092, {"observations": 26115}),
    "fleet.aircraft.planes": Figures(3322, {"seats": 512639}),
    "fleet.utilisation.monthly": Figures(31552, {"flights": 279017, "seat_miles": 49406747980}),
    "reference.geography.airports": Figures(1458, {"alt": 1460064}),
    "reference.carriers.airlines": Figures(16, {}),
    "punctuality.delays.daily": Figures(11864, {"flights": 336776, "late_arrivals": 80100}),
    "punctuality.delays.routes": Figures(224, {"flights": 336776}),
    "punctuality.delays.features": Figures(336776, {"distance": 350217607, "seats": 38851317}),
    "punctuality.delays.weather_history": Figures(26115, {"wind_dir": 5124870}),
    "punctuality.delays.carrier_history": Figures(5432, {"flights_7d": 2338372, "flights_28d": 9090797}),
    "punctuality.delays.airport_history": Figures(1095, {"flights_7d": 2339080, "flights_28d": 9093919}),
    "punctuality.delays.plane_history": Figures(251411, {"flights_7d": 2243395, "flights_28d": 7744831}),
    "loyalty.members.profiles": Figures(20000, {"points": 493783151}),
    "loyalty.engagement.tiers": Figures(32, {"members": 20000}),
}

# Nothing of these is stored: they are read through Weft alone.
VIEWS = {
    "aviation.diversions.flights": Figures(1175, {}),
    "punctuality.carriers.scorecard": Figures(16, {"flights": 336776}),
}

BY_ORIGIN = [("EWR", 120835), ("JFK", 111279), ("LGA", 104662)]


def reader_of(port):
    """A principal that may read the port."""
    if port == "punctuality.delays.features" or port.endswith("_history"):
        return "dana"
    return "lena" if port.startswith("loyalty.") else "ana"


def folder(warehouse, port):
    """Where the port's table lies."""
    return f"{str(warehouse).rstrip('/')}/{port.replace('.', '/')}"


def select(port, sums):
    """SQL for rows and sums, in the order of `sums`."""
    return ", ".join(["count(*) as rows", *(f"sum({column}) as sum_{column}" for column in sums)]) + f" from {port}"


def of_row(row, sums):
    """Figures from a row that `select` gave: a dictionary."""
    return Figures(int(row["rows"]), {column: int(row[f"sum_{column}"]) for column in sums})
