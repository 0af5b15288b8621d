//! The first page of a person.

use axum::Json;
use axum::extract::State;
use weft_catalog::{HomeView, Need, ReleaseView};
use weft_wire as wire;

use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, to_wire};

/// Shows what waits for the caller, what it answers for, what it read last and what changed of late.
#[utoipa::path(get, path = "/v1/home", tag = "catalog", responses((status = 200, body = wire::Home)))]
pub(crate) async fn get_home(
    State(doors): State<Doors>,
    Caller(principal): Caller,
) -> Result<Json<wire::Home>, Problem> {
    let home = doors.view(&principal).home().await?;
    Ok(Json(told(home)))
}

fn told(home: HomeView) -> wire::Home {
    wire::Home {
        needs: home.needs.into_iter().map(need).collect(),
        products: home.products.into_iter().map(to_wire::own_product).collect(),
        recent: home.recent,
        changed: home.changed.into_iter().map(change).collect(),
        domains: home.domains as u64,
        products_count: home.products_count as u64,
        ports: home.ports as u64,
    }
}

fn need(need: Need) -> wire::Need {
    wire::Need { kind: need.kind.to_owned(), subject: need.subject, text: need.text, at: need.at }
}

fn change(release: ReleaseView) -> wire::ChangeNear {
    let what = match &release {
        release if release.retired => "retired",
        release if release.rolled_back.is_some() => "rolled_back",
        release if release.number == 1 => "new",
        _ => "changed",
    };
    wire::ChangeNear { product: release.product, release: release.number, at: release.at, what: what.to_owned() }
}
