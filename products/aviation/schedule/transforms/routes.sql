-- The timetable of 2013: who was scheduled to fly where, how often, between which days and hours.
-- Cancelled flights count, since they were scheduled.
SELECT
    origin,
    dest,
    carrier,
    -- Two routes to EGE are recorded with two distances, one mile apart.
    MAX(distance) AS distance,
    CAST(COUNT(*) AS BIGINT) AS flights,
    CAST(COUNT(DISTINCT make_date(year, month, day)) AS BIGINT) AS days,
    MIN(make_date(year, month, day)) AS first_date,
    MAX(make_date(year, month, day)) AS last_date,
    MIN(sched_dep_time) AS earliest_sched_dep_time,
    MAX(sched_dep_time) AS latest_sched_dep_time
FROM aviation.flights.departures
GROUP BY origin, dest, carrier
