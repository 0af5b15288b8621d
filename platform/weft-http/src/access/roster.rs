//! Who sees what of a port.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use weft_catalog::CatalogError;
use weft_governance::{Authorizer, Roster, RosterGroup, RosterMember, RosterQuestion, RowsSeen};
use weft_model::Column;
use weft_wire as wire;

use super::{line, may_know_who};
use crate::Doors;
use crate::asked;
use crate::caller::Caller;
use crate::problem::Problem;

/// Tells how everyone who is known sees a port, to who answers for it or may have it explained.
#[utoipa::path(post, path = "/v1/access/roster", tag = "access",
    request_body = wire::RosterRequest,
    responses((status = 200, body = wire::Roster)))]
pub(crate) async fn roster(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<wire::Roster>, Problem> {
    let request: wire::RosterRequest = asked::body(&body, "question for a roster")?;
    let view = doors.view(&principal);
    let contract = view.contract(&request.port)?;
    if !may_know_who(&doors, &view, &principal, &request.port) {
        return Err(Problem::not_told_of_others(&request.port));
    }
    // Those among them, too, that the caller does not see.
    let columns = contract.columns.clone();
    ensure_there(&request, &columns)?;
    let policies = doors.policies.current();
    let at = request.at.unwrap_or_else(|| doors.clock.now());
    let (port, purpose) = (request.port.clone(), request.purpose.clone());
    let asked = wire::Roster {
        port: port.clone(),
        column: request.column.clone(),
        purpose: purpose.clone(),
        at,
        policy_revision: policies.policy_revision().clone(),
        groups: Vec::new(),
    };
    // Of thousands of principals and rules it takes a while.
    let told = tokio::task::spawn_blocking(move || {
        let (column, purpose) = (request.column.as_deref(), purpose.as_deref());
        weft_governance::roster(&policies, &RosterQuestion { port: &port, columns: &columns, column, purpose, at })
    });
    let Roster { groups } = told.await.map_err(|_| Problem::internal())?;
    Ok(Json(wire::Roster { groups: groups.iter().map(group).collect(), ..asked }))
}

fn ensure_there(request: &wire::RosterRequest, columns: &[Column]) -> Result<(), Problem> {
    match &request.column {
        Some(wanted) if !columns.iter().any(|column| column.name == *wanted) => {
            let name = format!("{}.{wanted}", request.port);
            Err(CatalogError::NotFound { kind: "column", name }.into())
        }
        _ => Ok(()),
    }
}

fn group(group: &RosterGroup) -> wire::RosterGroup {
    let filters = match &group.seen.rows {
        RowsSeen::Some(kept) => kept.iter().map(|kept| line(&kept.by)).collect(),
        RowsSeen::None | RowsSeen::All => Vec::new(),
    };
    let columns = group.seen.columns.iter().map(|seen| wire::RosterColumn {
        name: seen.name.clone(),
        sees: seen.sight.as_str().to_owned(),
        masks: seen.sight.masks(),
    });
    wire::RosterGroup {
        rows: group.seen.rows.as_str().to_owned(),
        filters,
        columns: columns.collect(),
        because: group.because.iter().map(line).collect(),
        members: group.members.iter().map(member).collect(),
    }
}

fn member(member: &RosterMember) -> wire::RosterMember {
    let paths = member.paths.iter().map(|path| wire::RosterPath {
        rule: line(&path.rule),
        subject: path.subject.clone(),
        chain: path
            .chain
            .iter()
            .map(|step| wire::RosterMembership {
                member: step.member.clone(),
                holds: step.holds.clone(),
                by: step.line.as_ref().map(line),
            })
            .collect(),
    });
    wire::RosterMember { name: member.name.clone(), kind: member.kind, paths: paths.collect() }
}
