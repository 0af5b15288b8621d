-- Delays of each carrier at each airport on each local day.
-- Sums come along with the means, so that a reader can add days up without averaging averages.
SELECT
    make_date(year, month, day) AS flight_date,
    origin,
    carrier,
    CAST(COUNT(*) AS BIGINT) AS flights,
    CAST(COUNT(dep_delay) AS BIGINT) AS departed,
    CAST(COUNT(arr_delay) AS BIGINT) AS arrived,
    CAST(COUNT(*) FILTER (WHERE dep_delay >= 15) AS BIGINT) AS late_departures,
    CAST(COUNT(*) FILTER (WHERE arr_delay >= 15) AS BIGINT) AS late_arrivals,
    CAST(COALESCE(SUM(dep_delay), 0) AS BIGINT) AS dep_delay_minutes,
    CAST(COALESCE(SUM(arr_delay), 0) AS BIGINT) AS arr_delay_minutes,
    CAST(AVG(dep_delay) AS DOUBLE) AS mean_dep_delay,
    CAST(AVG(arr_delay) AS DOUBLE) AS mean_arr_delay
FROM aviation.flights.departures
GROUP BY make_date(year, month, day), origin, carrier
