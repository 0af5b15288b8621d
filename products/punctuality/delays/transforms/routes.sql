-- Delays over the year on each route, with the names and the place of its ends.
WITH per_route AS (
    SELECT
        origin,
        dest,
        MAX(distance) AS distance,
        COUNT(DISTINCT carrier) AS carriers,
        COUNT(*) AS flights,
        COUNT(arr_delay) AS arrived,
        COUNT(*) FILTER (WHERE arr_delay >= 15) AS late_arrivals,
        AVG(dep_delay) AS mean_dep_delay,
        AVG(arr_delay) AS mean_arr_delay,
        MEDIAN(CAST(arr_delay AS DOUBLE)) AS median_arr_delay
    FROM aviation.flights.departures
    GROUP BY origin, dest
)

SELECT
    per_route.origin,
    per_route.dest,
    origins.name AS origin_name,
    destinations.name AS dest_name,
    destinations.lat AS dest_lat,
    destinations.lon AS dest_lon,
    per_route.distance,
    CAST(per_route.carriers AS BIGINT) AS carriers,
    CAST(per_route.flights AS BIGINT) AS flights,
    CAST(per_route.arrived AS BIGINT) AS arrived,
    CAST(per_route.late_arrivals AS BIGINT) AS late_arrivals,
    CAST(per_route.late_arrivals AS DOUBLE) / NULLIF(CAST(per_route.arrived AS DOUBLE), 0) AS late_share,
    CAST(per_route.mean_dep_delay AS DOUBLE) AS mean_dep_delay,
    CAST(per_route.mean_arr_delay AS DOUBLE) AS mean_arr_delay,
    CAST(per_route.median_arr_delay AS DOUBLE) AS median_arr_delay
FROM per_route
-- LEFT: the register lacks four airports of Puerto Rico and the Virgin Islands.
LEFT JOIN reference.geography.airports AS origins
    ON per_route.origin = origins.faa
LEFT JOIN reference.geography.airports AS destinations
    ON per_route.dest = destinations.faa
