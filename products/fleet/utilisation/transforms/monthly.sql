-- What each registered aircraft flew out of New York in each month.
-- Counts flights with a recorded time in the air; aircraft that the register lacks are left out.
WITH flown AS (
    SELECT
        tailnum,
        year,
        month,
        COUNT(*) AS flights,
        COUNT(DISTINCT dest) AS destinations,
        SUM(air_time) AS air_minutes,
        SUM(distance) AS miles
    FROM aviation.flights.departures
    WHERE air_time IS NOT NULL
    GROUP BY tailnum, year, month
)

SELECT
    flown.tailnum,
    flown.year,
    flown.month,
    planes.manufacturer,
    planes.model,
    planes.seats,
    CAST(flown.flights AS BIGINT) AS flights,
    CAST(flown.destinations AS BIGINT) AS destinations,
    CAST(flown.air_minutes AS BIGINT) AS air_minutes,
    CAST(flown.miles AS BIGINT) AS miles,
    CAST(flown.miles AS BIGINT) * CAST(planes.seats AS BIGINT) AS seat_miles
FROM flown
INNER JOIN fleet.aircraft.planes AS planes
    ON flown.tailnum = planes.tailnum
