//! A request as a document of the Open Access Agreement Standard.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{AccessRequest, RequestState};

/// The access agreement that the request asks for or has become. The standard knows neither ends nor revocations
/// beside its dates: of access that was taken away the end is the instant of that.
pub(crate) fn agreement(request: &AccessRequest) -> Value {
    let asked = &request.asked;
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let status = match (request.state, &request.grant) {
        (_, Some(_)) => "approved",
        (RequestState::Requested, None) => "requested",
        (_, None) => "rejected",
    };
    let since = request.grant.as_ref().map_or(request.at, |grant| grant.since);
    let until = request.grant.as_ref().map_or(asked.until, |grant| grant.until);
    let who = request.asker.split_once(':').map_or(request.asker.as_str(), |(_, name)| name);
    let approvals: Vec<Value> = request
        .decided
        .iter()
        .map(
            |verdict| json!({"by": verdict.by, "at": text(verdict.at), "decision": verdict.what, "note": verdict.note}),
        )
        .collect();
    json!({
        "apiVersion": "v1.0.0",
        "kind": "AccessAgreement",
        "id": request.id,
        "status": status,
        "description": {
            "purpose": asked.purpose.clone().unwrap_or_else(|| "none in particular".to_owned()),
            "usage": asked.note,
        },
        "startTimestamp": text(since),
        "endTimestamp": text(until),
        "provider": {
            "teamId": asked.provider,
            "dataProductId": asked.port.product_ref().to_string(),
            "outputPortId": asked.port.to_string(),
            "dataContractId": asked.contract.id,
            "dataContractVersion": asked.contract.version.to_string(),
        },
        "consumer": {"userId": who},
        "roles": asked.role.iter().map(|role| json!({"role": role})).collect::<Vec<_>>(),
        "customProperties": [
            {"property": "columns", "vendor": "weft", "value": asked.columns},
            {"property": "breakGlass", "vendor": "weft", "value": asked.break_glass},
            {"property": "decisions", "vendor": "weft", "value": approvals},
        ],
    })
}
