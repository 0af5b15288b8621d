//! Tickets and prepared handles: whose they are, how long they live, and that nothing is decided by
//! holding one.

use std::sync::Arc;

use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{
    Any, CommandStatementIngest, CommandStatementSubstraitPlan, CommandStatementUpdate, ProstMessageExt,
};
use arrow_flight::{Action, FlightData, FlightDescriptor, FlightInfo, Ticket};
use bytes::Bytes;
use prost::Message;
use tempfile::TempDir;
use tonic::transport::Channel;
use weft::Settings;
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::{ask, client, fetch, fetch_prepared, handle, told, written};
use crate::guarded::guarded;

const COUNT: &str = "select count(*) from sales.orders.lines";
const ALL: &str = "select * from sales.orders.lines";

type Client = FlightSqlServiceClient<Channel>;

async fn flight(client: &mut Client, sql: &str) -> FlightInfo {
    client.execute(sql.to_owned(), None).await.unwrap()
}

async fn redeem(client: &mut Client, info: &FlightInfo) -> Result<String, String> {
    fetch(client, info.clone()).await.map(|batches| written(&batches)).map_err(told)
}

async fn by_handle(client: &mut Client, handle: &Bytes) -> Result<String, String> {
    fetch_prepared(client, handle.clone()).await.map(|batches| written(&batches)).map_err(told)
}

#[tokio::test]
async fn a_ticket_and_a_handle_are_their_principals_own() {
    let mesh = TestMesh::start(guarded().path()).await;
    let (mut ana, mut olga) = (client(&mesh, "ana").await, client(&mesh, "olga").await);
    let info = flight(&mut olga, COUNT).await;
    let refusal = redeem(&mut ana, &info).await.unwrap_err();
    assert!(refusal.starts_with("W0905 "), "{refusal}");
    assert_eq!(redeem(&mut olga, &info).await.as_deref(), Ok("10"));

    let handle = handle(&mut olga, COUNT).await.unwrap();
    let refusal = by_handle(&mut ana, &handle).await.unwrap_err();
    assert!(refusal.starts_with("W0905 "), "{refusal}");
    assert_eq!(by_handle(&mut olga, &handle).await.as_deref(), Ok("10"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_ticket_of_a_session_is_refused_in_another() {
    let mesh = TestMesh::start(guarded().path()).await;
    let (mut one, mut other) = (client(&mesh, "ana").await, client(&mesh, "ana").await);
    one.handshake("ana", &mesh.token("ana")).await.unwrap();
    other.handshake("ana", &mesh.token("ana")).await.unwrap();
    let info = flight(&mut one, COUNT).await;
    let refusal = redeem(&mut other, &info).await.unwrap_err();
    assert!(refusal.starts_with("W0905 "), "{refusal}");
    assert_eq!(redeem(&mut one, &info).await.as_deref(), Ok("6"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_ticket_and_a_handle_expire() {
    let clock = Arc::new(FixedClock::at("2026-03-01T12:00:00Z"));
    let home = TempDir::new().unwrap();
    let manifests = guarded();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    let mut ana = client(&mesh, "ana").await;
    let info = flight(&mut ana, COUNT).await;
    let handle = handle(&mut ana, COUNT).await.unwrap();
    clock.advance(chrono::Duration::minutes(6));
    let refusal = redeem(&mut ana, &info).await.unwrap_err();
    assert!(refusal.starts_with("W0905 "), "{refusal}");
    assert_eq!(by_handle(&mut ana, &handle).await.as_deref(), Ok("6"));
    clock.advance(chrono::Duration::minutes(61));
    ana.set_token(mesh.token("ana"));
    let refusal = by_handle(&mut ana, &handle).await.unwrap_err();
    assert!(refusal.starts_with("W0905 "), "{refusal}");
    mesh.stop().await;
}

/// What `ana` holds from before `change`, redeemed after it: a ticket for [`COUNT`], one for [`ALL`],
/// and a prepared [`COUNT`].
async fn after(change: impl FnOnce(&Manifests)) -> [Result<String, String>; 3] {
    let manifests = guarded();
    let mesh = TestMesh::start(manifests.path()).await;
    let mut ana = client(&mesh, "ana").await;
    let (count, all) = (flight(&mut ana, COUNT).await, flight(&mut ana, ALL).await);
    let handle = handle(&mut ana, COUNT).await.unwrap();
    assert_eq!(redeem(&mut ana, &count).await.as_deref(), Ok("6"));
    change(&manifests);
    let report = mesh.reconcile().await;
    assert!(!report.refused, "{report:#?}");
    let answers = [redeem(&mut ana, &count).await, redeem(&mut ana, &all).await, by_handle(&mut ana, &handle).await];
    mesh.stop().await;
    answers
}

#[tokio::test]
async fn what_was_revoked_is_refused_whatever_was_held_before() {
    let answers = after(|manifests| {
        manifests.edit("products/sales/access.csv", "p, role:analyst, dom:sales, obj:sales, read, *, -, allow\n", "");
    })
    .await;
    for answer in answers {
        assert!(answer.as_ref().is_err_and(|refusal| refusal.starts_with("W0301 ")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_filter_that_came_since_holds_for_what_was_held_before() {
    let [count, all, prepared] = after(|manifests| {
        manifests.edit("products/sales/orders/restrictions.yaml", "region = $principal.region", "order_id = 1");
    })
    .await;
    assert_eq!((count.as_deref(), prepared.as_deref()), (Ok("1"), Ok("1")));
    let all = all.unwrap();
    assert!(all.starts_with("1,EU,a***@example.com,") && !all.contains('\n'), "{all}");
}

#[tokio::test]
async fn a_ticket_that_promised_other_columns_is_refused() {
    let [count, all, prepared] = after(|manifests| {
        let row = "p, role:analyst, dom:sales, obj:sales.orders.lines.note, read, *, -, deny\n";
        let both = format!("{row}{}", row.replace("lines.note", "lines.amount"));
        manifests.edit("products/sales/access.csv", row, &both);
    })
    .await;
    assert_eq!((count.as_deref(), prepared.as_deref()), (Ok("6"), Ok("6")));
    assert!(all.as_ref().is_err_and(|refusal| refusal.starts_with("W0905 ")), "{all:?}");
}

/// A call that the client has no method for, with the bearer of `name`.
fn call<T>(mesh: &TestMesh, name: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {}", mesh.token(name)).parse().unwrap());
    request
}

fn command(message: Any) -> FlightDescriptor {
    FlightDescriptor::new_cmd(message.encode_to_vec())
}

#[tokio::test]
async fn substrait_plans_and_writes_are_refused_on_every_verb() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut ana = client(&mesh, "ana").await;
    let door = ana.inner_mut();
    let plan = || CommandStatementSubstraitPlan::default().as_any();
    let mut refusals = vec![
        door.get_flight_info(call(&mesh, "ana", command(plan()))).await.map(drop).unwrap_err(),
        door.get_schema(call(&mesh, "ana", command(plan()))).await.map(drop).unwrap_err(),
        door.do_get(call(&mesh, "ana", Ticket::new(plan().encode_to_vec()))).await.map(drop).unwrap_err(),
    ];
    for action in ["CreatePreparedSubstraitPlan", "BeginTransaction", "BeginSavepoint"] {
        let action = Action { r#type: action.to_owned(), body: plan().encode_to_vec().into() };
        refusals.push(door.do_action(call(&mesh, "ana", action)).await.map(drop).unwrap_err());
    }
    let update = CommandStatementUpdate { query: "delete from sales.orders.lines".to_owned(), transaction_id: None };
    for put in [plan(), CommandStatementIngest::default().as_any(), update.as_any()] {
        let data = FlightData::new().with_descriptor(command(put));
        let messages = futures::stream::iter([data]);
        refusals.push(door.do_put(call(&mesh, "ana", messages)).await.map(drop).unwrap_err());
    }
    for refusal in refusals {
        assert_eq!(refusal.code(), tonic::Code::PermissionDenied, "{refusal}");
        assert!(refusal.message().starts_with("W0204 "), "{refusal}");
    }
    assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    mesh.stop().await;
}

#[tokio::test]
async fn whoever_proves_no_name_is_answered_nothing() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut ana = client(&mesh, "ana").await;
    let info = flight(&mut ana, COUNT).await;
    ana.set_token("forged".to_owned());
    let error = fetch(&mut ana, info).await.unwrap_err();
    assert!(matches!(&error, FlightError::Tonic(status) if status.code() == tonic::Code::Unauthenticated), "{error}");
    mesh.stop().await;
}
