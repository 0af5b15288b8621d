-- One row a flight: what was known of flight, weather and aircraft, and how late the flight was.
-- No join multiplies rows: weather is unique by airport and UTC hour, planes by tail number. In
-- local time one hour of 3 November 2013 occurs twice, so the weather joins on UTC.
SELECT
    departures.time_hour,
    departures.origin,
    departures.carrier,
    departures.flight,
    make_date(departures.year, departures.month, departures.day) AS flight_date,
    departures.month,
    CAST(date_part('isodow', make_date(departures.year, departures.month, departures.day)) AS INT) AS day_of_week,
    departures.hour,
    departures.minute,
    departures.dest,
    departures.distance,
    departures.tailnum,
    weather.temp,
    weather.dewp,
    weather.humid,
    weather.wind_dir,
    weather.wind_speed,
    weather.wind_gust,
    weather.precip,
    weather.pressure,
    weather.visib,
    planes.manufacturer,
    planes.model,
    planes.engines,
    planes.seats,
    CAST(departures.year - planes.year AS INT) AS plane_age,
    departures.dep_delay,
    departures.arr_delay,
    departures.arr_delay >= 15 AS is_late
FROM aviation.flights.departures AS departures
LEFT JOIN weather.observations.hourly AS weather
    ON departures.origin = weather.origin
    AND departures.time_hour = weather.time_hour
LEFT JOIN fleet.aircraft.planes AS planes
    ON departures.tailnum = planes.tailnum
