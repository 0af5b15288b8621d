//! Which release may be served again.

use weft_model::{DataProduct, Release};

use super::RollBackError;

/// The release that is to be served again: `to`, or the last one that served something else. `history` holds all
/// releases of the product, newest first. Of a roll-back, the release that it serves.
pub(super) fn find<'a>(
    served: &Release,
    history: &'a [Release],
    to: Option<u64>,
) -> Result<&'a Release, RollBackError> {
    let product = served.product.name.clone();
    let of = |number: u64| history.iter().find(|release| release.number == number);
    let found = match to {
        Some(number) => of(number).ok_or_else(|| RollBackError::NoRelease { product: product.clone(), number })?,
        None => {
            let is_other = |release: &&Release| !release.is_tombstone() && !release.serves_as(served);
            let number = served.made_by();
            let before = history.iter().filter(|release| release.number < number).find(is_other);
            before.ok_or_else(|| RollBackError::NothingBefore { product: product.clone(), number })?
        }
    };
    if found.is_tombstone() {
        return Err(RollBackError::Tombstone { product, number: found.number });
    }
    let target = of(found.made_by()).unwrap_or(found);
    match target.serves_as(served) {
        true => Err(RollBackError::Served { product, number: found.number }),
        false => Ok(target),
    }
}

/// Refuses a release with a port that was retired since, or is about to be: every release that a commit made since
/// then must serve it, and the product as it is `declared` now. Where that is not known, what is served counts.
pub(super) fn ensure_not_retired(
    target: &Release,
    served: &Release,
    history: &[Release],
    declared: Option<&DataProduct>,
) -> Result<(), RollBackError> {
    let later = || history.iter().filter(|release| release.number > target.number && release.rolled_back.is_none());
    let is_offered = |port| match declared {
        Some(product) => product.output(port).is_some(),
        None => served.ports.contains_key(port),
    };
    let stays = |port| is_offered(port) && later().all(|release| release.ports.contains_key(port));
    match target.ports.keys().find(|port| !stays(port)) {
        Some(port) => Err(RollBackError::Retired { number: target.number, port: port.clone() }),
        None => Ok(()),
    }
}

/// Whether the product is held once `target` is served again. The newest release that a commit made takes the hold
/// off: it is what would be served had nobody rolled back.
pub(super) fn holds(target: &Release, history: &[Release]) -> bool {
    let newest = history.iter().find(|release| release.rolled_back.is_none());
    newest.is_none_or(|newest| newest.number != target.number)
}

#[cfg(test)]
mod tests;
