-- Flights that left but have no time in the air on record: diverted, or never reported back.
SELECT
    time_hour,
    origin,
    carrier,
    flight,
    make_date(year, month, day) AS flight_date,
    tailnum,
    dest,
    sched_dep_time,
    dep_time,
    dep_delay,
    sched_arr_time,
    arr_time
FROM aviation.flights.departures
WHERE dep_time IS NOT NULL
    AND air_time IS NULL
