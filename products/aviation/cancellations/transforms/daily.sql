-- Scheduled and cancelled flights of each carrier on each local day.
-- A flight without a departure time never left, which is how the source marks a cancellation.
WITH per_carrier AS (
    SELECT
        make_date(year, month, day) AS flight_date,
        carrier,
        COUNT(*) AS scheduled,
        COUNT(*) - COUNT(dep_time) AS cancelled
    FROM aviation.flights.departures
    GROUP BY make_date(year, month, day), carrier
)

SELECT
    per_carrier.flight_date,
    per_carrier.carrier,
    airlines.name AS carrier_name,
    CAST(per_carrier.scheduled AS BIGINT) AS scheduled,
    CAST(per_carrier.cancelled AS BIGINT) AS cancelled,
    CAST(per_carrier.cancelled AS DOUBLE) / CAST(per_carrier.scheduled AS DOUBLE) AS cancelled_share
FROM per_carrier
-- LEFT: a carrier that the register lacks keeps its flights.
LEFT JOIN reference.carriers.airlines AS airlines
    ON per_carrier.carrier = airlines.carrier
