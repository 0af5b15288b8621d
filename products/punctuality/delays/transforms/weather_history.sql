-- The weather of each hour, known from the end of the hour on.
SELECT
    origin AS airport,
    time_hour + INTERVAL '1 hour' AS known_at,
    temp,
    dewp,
    humid,
    wind_dir,
    wind_speed,
    wind_gust,
    precip,
    pressure,
    visib
FROM weather.observations.hourly
