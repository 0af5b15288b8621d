-- The year of each carrier in one row: how often it cancelled, how late it was, and its rank.
WITH delays AS (
    SELECT
        carrier,
        SUM(flights) AS flights,
        SUM(departed) AS departed,
        SUM(arrived) AS arrived,
        SUM(late_arrivals) AS late_arrivals,
        SUM(dep_delay_minutes) AS dep_delay_minutes,
        SUM(arr_delay_minutes) AS arr_delay_minutes
    FROM punctuality.delays.daily
    GROUP BY carrier
),

cancellations AS (
    SELECT
        carrier,
        SUM(cancelled) AS cancelled
    FROM aviation.cancellations.daily
    GROUP BY carrier
),

shares AS (
    SELECT
        delays.carrier,
        delays.flights,
        cancellations.cancelled,
        CAST(cancellations.cancelled AS DOUBLE) / CAST(delays.flights AS DOUBLE) AS cancelled_share,
        CAST(delays.late_arrivals AS DOUBLE) / NULLIF(CAST(delays.arrived AS DOUBLE), 0) AS late_share,
        CAST(delays.dep_delay_minutes AS DOUBLE) / NULLIF(CAST(delays.departed AS DOUBLE), 0) AS mean_dep_delay,
        CAST(delays.arr_delay_minutes AS DOUBLE) / NULLIF(CAST(delays.arrived AS DOUBLE), 0) AS mean_arr_delay
    FROM delays
    INNER JOIN cancellations
        ON delays.carrier = cancellations.carrier
)

SELECT
    shares.carrier,
    airlines.name AS carrier_name,
    CAST(shares.flights AS BIGINT) AS flights,
    CAST(shares.cancelled AS BIGINT) AS cancelled,
    shares.cancelled_share,
    shares.late_share,
    shares.mean_dep_delay,
    shares.mean_arr_delay,
    CAST(RANK() OVER (ORDER BY shares.late_share ASC NULLS LAST) AS BIGINT) AS punctuality_rank
FROM shares
LEFT JOIN reference.carriers.airlines AS airlines
    ON shares.carrier = airlines.carrier
