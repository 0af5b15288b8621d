//! What clients ask for by `DoAction`: prepared statements, cancelling, sessions.

use std::collections::HashMap;

use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, Any, ProstMessageExt,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo,
    RenewFlightEndpointRequest,
};
use bytes::Bytes;
use chrono::SecondsFormat;
use prost::Message;
use tonic::Status;

use crate::caller::{Caller, Reception};
use crate::session::{AS_OF, NoSetting, PURPOSE, Setting};
use crate::session_messages::{
    CloseSessionResult, CloseStatus, GetSessionOptionsResult, OptionValue, SessionOptionValue, SetError, SetErrorValue,
    SetSessionOptionsRequest, SetSessionOptionsResult,
};
use crate::statements::Statements;
use crate::status::{malformed, read_only, unsupported};

const ACTIONS: [(&str, &str); 8] = [
    ("CreatePreparedStatement", "Keeps a query for later and says what it answers and takes."),
    ("ClosePreparedStatement", "Forgets a prepared statement."),
    ("CancelFlightInfo", "Ends what runs for a FlightInfo, and its tickets."),
    ("CancelQuery", "The older form of CancelFlightInfo."),
    ("RenewFlightEndpoint", "Keeps a ticket for longer, within its age."),
    ("SetSessionOptions", "Sets weft.purpose and weft.as_of for all calls of a session."),
    ("GetSessionOptions", "Says what is set."),
    ("CloseSession", "Ends a session and what is set in it."),
];

/// The actions there are.
pub(crate) fn list() -> Vec<ActionType> {
    let action =
        |(name, description): (&str, &str)| ActionType { r#type: name.to_owned(), description: description.to_owned() };
    ACTIONS.into_iter().map(action).collect()
}

/// The name of an action as metrics know it.
pub(crate) fn label(action: &Action) -> &'static str {
    ACTIONS.iter().find(|(name, _)| *name == action.r#type).map_or("other", |(name, _)| *name)
}

/// Does what an action asks for; the answer is the body of its one result, if it has one.
pub(crate) async fn perform(
    caller: &Caller,
    reception: &Reception,
    statements: &Statements,
    action: Action,
) -> Result<Option<Bytes>, Status> {
    match action.r#type.as_str() {
        "CreatePreparedStatement" => {
            let request: ActionCreatePreparedStatementRequest = unpack(&action.body)?;
            Ok(Some(packed(&statements.prepare(caller, request).await?)))
        }
        "ClosePreparedStatement" => {
            let request: ActionClosePreparedStatementRequest = unpack(&action.body)?;
            statements.close(caller, &request);
            Ok(None)
        }
        "CancelFlightInfo" => {
            let request: CancelFlightInfoRequest = decode(action.body)?;
            let info = request.info.ok_or_else(|| malformed("the request names no FlightInfo"))?;
            statements.cancel(caller, &info)?;
            Ok(Some(plain(&CancelFlightInfoResult { status: CancelStatus::Cancelled as i32 })))
        }
        "CancelQuery" => {
            let request: ActionCancelQueryRequest = unpack(&action.body)?;
            let info: FlightInfo = decode(request.info)?;
            statements.cancel(caller, &info)?;
            // The older result numbers its outcomes as the newer one does.
            Ok(Some(packed(&ActionCancelQueryResult { result: CancelStatus::Cancelled as i32 })))
        }
        "RenewFlightEndpoint" => {
            let request: RenewFlightEndpointRequest = decode(action.body)?;
            let endpoint = request.endpoint.ok_or_else(|| malformed("the request names no FlightEndpoint"))?;
            Ok(Some(plain(&statements.renew(caller, endpoint)?)))
        }
        "SetSessionOptions" => Ok(Some(plain(&set_options(caller, reception, decode(action.body)?)?))),
        "GetSessionOptions" => Ok(Some(plain(&get_options(caller, reception)?))),
        "CloseSession" => {
            let status = if reception.end(caller) { CloseStatus::Closed } else { CloseStatus::NotCloseable };
            Ok(Some(plain(&CloseSessionResult { status: status as i32 })))
        }
        // Never decoded.
        "CreatePreparedSubstraitPlan" => Err(read_only("a Substrait plan")),
        "BeginTransaction" | "EndTransaction" => Err(read_only("a transaction")),
        "BeginSavepoint" | "EndSavepoint" => Err(read_only("a savepoint")),
        _ => Err(unsupported("this action")),
    }
}

/// Sets all options, or none if one of them is wrong.
fn set_options(
    caller: &Caller,
    reception: &Reception,
    request: SetSessionOptionsRequest,
) -> Result<SetSessionOptionsResult, Status> {
    let mut settings = Vec::new();
    let mut errors = HashMap::new();
    for (name, value) in request.session_options {
        match setting(&name, value) {
            Ok(setting) => settings.push(setting),
            Err(NoSetting::Name) => {
                errors.insert(name, SetError { value: SetErrorValue::InvalidName as i32 });
            }
            Err(NoSetting::Value(_)) => {
                errors.insert(name, SetError { value: SetErrorValue::InvalidValue as i32 });
            }
        }
    }
    if errors.is_empty() && !settings.is_empty() {
        reception.set(caller, settings)?;
    }
    Ok(SetSessionOptionsResult { errors })
}

fn setting(name: &str, value: SessionOptionValue) -> Result<Setting, NoSetting> {
    match value.option_value {
        None => Setting::parse(name, None),
        Some(OptionValue::Text(text)) => Setting::parse(name, Some(&text)),
        Some(_) => match Setting::parse(name, None) {
            Ok(_) => Err(NoSetting::Value("a text".to_owned())),
            Err(no) => Err(no),
        },
    }
}

/// What is set, by name; what is not set is not named.
fn get_options(caller: &Caller, reception: &Reception) -> Result<GetSessionOptionsResult, Status> {
    let terms = reception.set_terms(caller);
    let purpose = terms.purpose.map(|purpose| (PURPOSE.to_owned(), purpose));
    let as_of = terms.as_of.map(|as_of| (AS_OF.to_owned(), as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    let session_options =
        purpose.into_iter().chain(as_of).map(|(name, text)| (name, SessionOptionValue::text(text))).collect();
    Ok(GetSessionOptionsResult { session_options })
}

fn unpack<M: ProstMessageExt>(body: &Bytes) -> Result<M, Status> {
    let wrong = || malformed("the body of the action is not the message that it asks for");
    let any = Any::decode(body.clone()).map_err(|_| wrong())?;
    any.unpack().ok().flatten().ok_or_else(wrong)
}

fn decode<M: Message + Default>(body: Bytes) -> Result<M, Status> {
    M::decode(body).map_err(|_| malformed("the body of the action is not the message that it asks for"))
}

fn packed(message: &impl ProstMessageExt) -> Bytes {
    message.as_any().encode_to_vec().into()
}

fn plain(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}
