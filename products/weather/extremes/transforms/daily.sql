-- The roughest values of each local day at each airport.
SELECT
    make_date(year, month, day) AS observed_on,
    origin,
    CAST(COUNT(*) AS BIGINT) AS observations,
    MIN(temp) AS temp_min,
    MAX(temp) AS temp_max,
    -- Faster than any wind measured on Earth is a fault of the instrument; the source has one.
    MAX(CASE WHEN wind_speed <= 250 THEN wind_speed END) AS wind_speed_max,
    MAX(wind_gust) AS wind_gust_max,
    -- Decimal, since a sum of doubles depends on the order of the rows.
    CAST(SUM(CAST(precip AS DECIMAL(6, 2))) AS DECIMAL(8, 2)) AS precip_total,
    MIN(pressure) AS pressure_min,
    MIN(visib) AS visib_min
FROM weather.observations.hourly
GROUP BY make_date(year, month, day), origin
