//! `ASOF JOIN` in SQL, asked as people ask.

use weft_testkit::TestMesh;

use crate::asking::{Door, ask, ask_at};
use crate::meshes::repository;

const DEPARTURES: &str = "aviation.flights.departures d";
const WEATHER: &str = "weather.observations.hourly w";

/// What the weather was last before each departure of January, found by comparing all of it.
const BY_PAIRS: &str = "with seen as (
        select d.origin, d.time_hour, max(w.time_hour) as last from aviation.flights.departures d
        join weather.observations.hourly w on w.origin = d.origin and w.time_hour < d.time_hour
        where d.month = 1 and w.month = 1 group by d.origin, d.time_hour)
    select count(*), count(w.temp), sum(round(w.temp * 100)) from aviation.flights.departures d
    left join seen on seen.origin = d.origin and seen.time_hour = d.time_hour
    left join weather.observations.hourly w on w.origin = seen.origin and w.time_hour = seen.last
    where d.month = 1";

#[tokio::test(flavor = "multi_thread")]
async fn the_last_weather_before_each_departure_is_joined_on_every_door_and_under_policies() {
    let mesh = TestMesh::start(&repository()).await;
    let last = format!(
        "select count(*), count(w.temp), sum(round(w.temp * 100)) from {DEPARTURES} asof join {WEATHER} \
         match_condition (d.time_hour > w.time_hour) on d.origin = w.origin where d.month = 1"
    );
    let expected = ask(&mesh, "ana", BY_PAIRS).await.unwrap();
    for door in Door::ALL {
        assert_eq!(ask_at(door, &mesh, "ana", None, &last).await.unwrap(), expected, "{door:?}");
    }

    // Rows that are hidden are not there on either side.
    let carriers = format!(
        "select d.carrier, count(*), count(e.flight) from {DEPARTURES} asof join aviation.flights.departures e \
         match_condition (d.time_hour > e.time_hour) on d.tailnum = e.tailnum group by d.carrier"
    );
    let own = ask(&mesh, "cole", &carriers).await.unwrap();
    assert!(own.lines().all(|line| line.starts_with("AA,")) && own.lines().count() == 1, "{own}");

    // What is masked is joined masked, whether it is shown or compared.
    let masked = "select count(*) from loyalty.members.profiles p asof join loyalty.members.profiles q \
                  match_condition (length(p.email) >= length(q.email)) on p.email = q.email where q.email like '%***%'";
    let all = ask(&mesh, "ana", "select count(*) from loyalty.members.profiles").await.unwrap();
    assert_eq!(ask(&mesh, "ana", masked).await, Ok(all));

    let unknown =
        format!("select 1 from {DEPARTURES} asof join a.b.c w match_condition (d.time_hour > w.t) on d.origin = w.o");
    assert_eq!(ask(&mesh, "ana", &unknown).await, ask(&mesh, "ana", "select 1 from a.b.c").await);
    mesh.stop().await;
}
