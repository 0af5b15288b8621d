//! The Flight door where messages are not what Flight SQL asks for.

use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, CommandGetCatalogs, CommandGetDbSchemas,
    CommandGetSqlInfo, CommandGetTables, CommandGetXdbcTypeInfo, CommandPreparedStatementQuery, CommandStatementQuery,
    CommandStatementUpdate, ProstMessageExt, TicketStatementQuery,
};
use arrow_flight::{Action, FlightData, FlightDescriptor, Ticket};
use bytes::Bytes;
use fastrand::Rng;
use futures::StreamExt;
use prost::Message;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Status};
use weft_testkit::TestMesh;

use crate::asking::{ask, client};
use crate::guarded::guarded;

const COUNT: &str = "select count(*) from sales.orders.lines";
const ROUNDS: usize = 1_500;
const ACTIONS: [&str; 9] = [
    "CreatePreparedStatement",
    "ClosePreparedStatement",
    "BeginTransaction",
    "CancelFlightInfo",
    "RenewFlightEndpoint",
    "SetSessionOptions",
    "GetSessionOptions",
    "CloseSession",
    "",
];
/// Headers that the door reads.
const HEADERS: [&str; 6] = ["cookie", "x-weft-as-of", "x-weft-purpose", "traceparent", "grpc-timeout", "user-agent"];

/// What may be wrong about a request that says what it says.
const ANSWERS: [Code; 6] = [
    Code::InvalidArgument,
    Code::NotFound,
    Code::PermissionDenied,
    Code::ResourceExhausted,
    Code::Unauthenticated,
    Code::Unimplemented,
];

/// Messages that are right.
fn sound() -> Vec<Vec<u8>> {
    let query = || COUNT.to_owned();
    let handle = || Bytes::from_static(b"00000000000000000000000000000000");
    vec![
        CommandStatementQuery { query: query(), transaction_id: None }.as_any().encode_to_vec(),
        CommandStatementUpdate { query: query(), transaction_id: None }.as_any().encode_to_vec(),
        CommandPreparedStatementQuery { prepared_statement_handle: handle() }.as_any().encode_to_vec(),
        TicketStatementQuery { statement_handle: handle() }.as_any().encode_to_vec(),
        ActionCreatePreparedStatementRequest { query: query(), transaction_id: None }.as_any().encode_to_vec(),
        ActionClosePreparedStatementRequest { prepared_statement_handle: handle() }.as_any().encode_to_vec(),
        CommandGetCatalogs {}.as_any().encode_to_vec(),
        CommandGetSqlInfo { info: vec![0, 1, 8] }.as_any().encode_to_vec(),
        CommandGetXdbcTypeInfo { data_type: Some(4) }.as_any().encode_to_vec(),
        CommandGetDbSchemas { catalog: Some("sales".to_owned()), db_schema_filter_pattern: Some("%".to_owned()) }
            .as_any()
            .encode_to_vec(),
        CommandGetTables {
            catalog: None,
            db_schema_filter_pattern: None,
            table_name_filter_pattern: Some("l_nes".to_owned()),
            table_types: vec!["TABLE".to_owned()],
            include_schema: true,
        }
        .as_any()
        .encode_to_vec(),
    ]
}

/// A message that is right, altered, cut short or none at all.
fn noise(chance: &mut Rng) -> Bytes {
    let mut bytes = chance.choice(sound()).unwrap_or_default();
    let length = bytes.len();
    match chance.u8(0..6) {
        0 => {}
        1 => bytes.truncate(chance.usize(..length)),
        2 => {
            for _ in 0..chance.usize(1..8) {
                bytes[chance.usize(..length)] ^= 1 << chance.u8(0..8);
            }
        }
        3 => bytes.splice(chance.usize(..length).., random(chance, 64)).for_each(drop),
        4 => bytes.extend(random(chance, 4_000)),
        _ => bytes = random(chance, 4_000),
    }
    bytes.into()
}

fn random(chance: &mut Rng, longest: usize) -> Vec<u8> {
    let length = chance.usize(..longest);
    std::iter::repeat_with(|| chance.u8(..)).take(length).collect()
}

fn headers(chance: &mut Rng, map: &mut MetadataMap) {
    for _ in 0..chance.usize(..3) {
        let name = AsciiMetadataKey::from_static(HEADERS[chance.usize(..HEADERS.len() - 2)]);
        let text: String = std::iter::repeat_with(|| char::from(chance.u8(b' '..=b'~'))).take(40).collect();
        map.insert(name, text.parse().unwrap());
    }
    if chance.bool() {
        let bytes = random(chance, 200);
        map.insert_bin(BinaryMetadataKey::from_static("x-noise-bin"), MetadataValue::from_bytes(&bytes));
    }
}

/// Whose call it is, with whatever else its headers say.
fn call<T>(token: &str, chance: &mut Rng, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    headers(chance, request.metadata_mut());
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

fn data(chance: &mut Rng, first: bool) -> FlightData {
    let descriptor = (first || chance.u8(..8) == 0).then(|| descriptor(chance));
    FlightData {
        flight_descriptor: descriptor,
        data_header: random(chance, 300).into(),
        app_metadata: random(chance, 30).into(),
        data_body: random(chance, 3_000).into(),
    }
}

fn descriptor(chance: &mut Rng) -> FlightDescriptor {
    match chance.u8(..8) {
        0 => FlightDescriptor::new_path(vec!["..".to_owned(), "etc".to_owned()]),
        1 => FlightDescriptor { r#type: chance.i32(..), ..FlightDescriptor::new_cmd(noise(chance)) },
        _ => FlightDescriptor { r#type: DescriptorType::Cmd as i32, ..FlightDescriptor::new_cmd(noise(chance)) },
    }
}

/// Sends one call of some verb to its end.
async fn send(client: &mut FlightSqlServiceClient<Channel>, token: &str, chance: &mut Rng) -> Result<(), Status> {
    let client = client.inner_mut();
    match chance.u8(..8) {
        0 | 1 => {
            let request = call(token, chance, ());
            let ticket = Ticket::new(noise(chance));
            let mut rows = client.do_get(request.map(|()| ticket)).await?.into_inner();
            while rows.message().await?.is_some() {}
        }
        2 => {
            let messages: Vec<_> = (0..chance.usize(..4)).map(|n| data(chance, n == 0)).collect();
            let request = call(token, chance, futures::stream::iter(messages));
            let mut results = client.do_put(request).await?.into_inner();
            while results.message().await?.is_some() {}
        }
        3 => {
            let kind = ACTIONS[chance.usize(..ACTIONS.len())];
            let action = Action { r#type: kind.to_owned(), body: noise(chance) };
            let mut results = client.do_action(call(token, chance, action)).await?.into_inner();
            while results.message().await?.is_some() {}
        }
        4 => {
            let descriptor = descriptor(chance);
            client.get_schema(call(token, chance, descriptor)).await?;
        }
        5 => {
            let descriptor = descriptor(chance);
            client.poll_flight_info(call(token, chance, descriptor)).await?;
        }
        _ => {
            let descriptor = descriptor(chance);
            client.get_flight_info(call(token, chance, descriptor)).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_sent_is_answered_or_refused_with_a_code_and_nothing_comes_down() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut ana = client(&mesh, "ana").await;
    let token = mesh.token("ana");
    let mut refused = 0;
    for round in 0..ROUNDS {
        let mut chance = Rng::with_seed(round as u64);
        let Err(status) = send(&mut ana, &token, &mut chance).await else { continue };
        refused += 1;
        assert!(ANSWERS.contains(&status.code()), "round {round}: {status}");
        assert!(status.message().starts_with("W0"), "round {round}: {status}");
        assert!(status.metadata().contains_key("x-weft-trace-id"), "round {round}: {status}");
    }
    assert!(refused > ROUNDS / 2 && refused < ROUNDS, "some are right and most are not: {refused} of {ROUNDS}");
    assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
    mesh.stop().await;
}

#[tokio::test]
async fn calls_that_end_before_they_said_anything_hold_up_nobody() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut ana = client(&mesh, "ana").await;
    let token = mesh.token("ana");
    for verb in 0..40 {
        let mut chance = Rng::with_seed(verb);
        let nothing = call(&token, &mut chance, futures::stream::empty::<FlightData>());
        let refusal = ana.inner_mut().do_put(nothing).await.map(drop).unwrap_err();
        assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
        // Said half, and never more.
        let half = futures::stream::iter([data(&mut chance, true)]).chain(futures::stream::pending());
        let request = call(&token, &mut chance, half);
        let mut client = ana.clone();
        let waiting = client.inner_mut().do_put(request);
        drop(waiting);
    }
    assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
    mesh.stop().await;
}
