-- How late the flights of each aircraft left on the last seven and 28 days on which it was to leave New York, as it was
-- known at a time.
-- A flight leaves up to 22 hours late: the figures of a day are whole when the day after it is over, at midnight in
-- New York, which is never after 05:00 UTC. Sums of whole numbers come first, so that the order of days is nothing.
WITH days AS (
    SELECT
        tailnum,
        make_date(year, month, day) AS flight_date,
        COUNT(*) AS flights,
        COUNT(dep_delay) AS departed,
        COUNT(*) FILTER (WHERE dep_delay >= 15) AS late,
        COALESCE(SUM(dep_delay), 0) AS minutes
    FROM aviation.flights.departures
    WHERE tailnum IS NOT NULL
    GROUP BY tailnum, make_date(year, month, day)
),

lately AS (
    SELECT
        tailnum,
        flight_date,
        SUM(flights) OVER last_7 AS flights_7d,
        SUM(departed) OVER last_7 AS departed_7d,
        SUM(minutes) OVER last_7 AS minutes_7d,
        SUM(flights) OVER last_28 AS flights_28d,
        SUM(departed) OVER last_28 AS departed_28d,
        SUM(minutes) OVER last_28 AS minutes_28d,
        SUM(late) OVER last_28 AS late_28d
    FROM days
    WINDOW
        last_7 AS (PARTITION BY tailnum ORDER BY flight_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW),
        last_28 AS (PARTITION BY tailnum ORDER BY flight_date ROWS BETWEEN 27 PRECEDING AND CURRENT ROW)
)

SELECT
    tailnum,
    arrow_cast(CAST(flight_date AS TIMESTAMP) + INTERVAL '53 hours', 'Timestamp(Microsecond, Some("UTC"))') AS known_at,
    CAST(flights_7d AS BIGINT) AS flights_7d,
    CAST(flights_28d AS BIGINT) AS flights_28d,
    CAST(minutes_7d AS DOUBLE) / NULLIF(CAST(departed_7d AS DOUBLE), 0) AS mean_dep_delay_7d,
    CAST(minutes_28d AS DOUBLE) / NULLIF(CAST(departed_28d AS DOUBLE), 0) AS mean_dep_delay_28d,
    CAST(late_28d AS DOUBLE) / NULLIF(CAST(departed_28d AS DOUBLE), 0) AS late_share_28d,
    CAST(flights_28d - departed_28d AS DOUBLE) / CAST(flights_28d AS DOUBLE) AS cancelled_share_28d
FROM lately
