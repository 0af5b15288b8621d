//! Files of a source that are taken once each: which of them a table holds stands in its own log.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use weft_engine::Intake;
use weft_model::{Code, Diagnostic, Place, Transform};
use weft_storage::{FILE_MARK, SourceFile, TableChange, TableVersion};

use crate::asked;
use crate::build::{Order, Unbuilt};
use crate::controller::Controller;
use crate::increment::{Becomes, part};

/// Most files that are named in one warning.
const NAMED_MAX: usize = 5;

impl Controller {
    /// What the files bring that `table` has not taken yet; all of them where there is none.
    ///
    /// The commit marks each with the state in which it was taken. One that is in another state by now is told and left.
    pub(crate) async fn taken(&self, order: &Order<'_>, table: Option<&Arc<TableVersion>>) -> Result<Becomes, Unbuilt> {
        let transform = &order.output.transform;
        let listing = match order.listing {
            Some(listing) => listing.clone(),
            None => self.look_at(transform, order.environments).await?,
        };
        let done = match table {
            Some(table) => self.parts.warehouse.marks(&table.location, table.version, FILE_MARK).await?,
            None => [].into(),
        };
        let state_then = |file: &SourceFile| done.get(&name_of(file)).copied().filter(|state| *state != 0);
        let (taken, fresh): (Vec<_>, Vec<_>) = listing.files.iter().partition(|file| state_then(file).is_some());
        let changed = taken.into_iter().filter(|file| state_then(file) != Some(state_of(file)));
        order.warn(told(order, &changed.map(|file| file.name.as_str()).collect::<Vec<_>>()));
        if fresh.is_empty() && table.is_some() {
            return Ok(Becomes::Nothing);
        }
        let marks = fresh.iter().map(|file| (name_of(file), state_of(file))).collect();
        let change = self.rows_of(order, &fresh, table).await?;
        Ok(Becomes::InPart(TableChange { marks, ..change }))
    }

    /// The rows of `files`, added to the table or merged into it.
    async fn rows_of(
        &self,
        order: &Order<'_>,
        files: &[&SourceFile],
        table: Option<&Arc<TableVersion>>,
    ) -> Result<TableChange, Unbuilt> {
        let (engine, output) = (&self.parts.engine, order.output);
        let mut intakes = Vec::with_capacity(files.len());
        for file in files {
            let whole = self.intake_of(&output.transform, order.environments)?;
            let Intake::Url { kind, options, limits, .. } = whole else { continue };
            intakes.push((file.name.clone(), Intake::Url { url: file.url.clone(), kind, options, limits }));
        }
        let rows = engine.load_each(intakes, &output.contract.columns);
        let upon = table.map(|table| table.version);
        let Some((newest_by, _)) = output.transform.merge() else {
            return Ok(TableChange { upon, ..TableChange::replace(vec![order.conform(rows)?]) });
        };
        let port = order.product.port_ref(output);
        let query = format!("SELECT * FROM {port}");
        let asked = if table.is_some() { asked::changes(output, &query) } else { asked::whole(output, &query) };
        let rows = engine.rearranged(rows, &port, &asked.sql).await.map_err(|error| self.unmade(order, &error))?;
        let rows = order.conform(rows)?;
        let Some(table) = table else { return Ok(TableChange::replace(vec![rows])) };
        let merged = engine.merge(table, rows, &output.contract.primary_key(), newest_by).await;
        Ok(part(table.version, merged.map_err(|error| self.unmade(order, &error))?))
    }
}

/// Under which name a table says that it took the file.
fn name_of(file: &SourceFile) -> String {
    let hash = hex::encode(Sha256::digest(file.url.as_bytes()));
    format!("{FILE_MARK}{}", hash.get(..32).unwrap_or(&hash))
}

/// The state of the file as a number above 0.
fn state_of(file: &SourceFile) -> i64 {
    let hash = Sha256::digest(format!("{} {}", file.bytes, file.state).as_bytes());
    let head = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    i64::try_from(head >> 1).unwrap_or(i64::MAX).max(1)
}

/// That files differ from what was taken of them; `None` where none does.
fn told(order: &Order<'_>, changed: &[&str]) -> Option<Diagnostic> {
    let (port, named) = (order.product.port_ref(order.output), changed.iter().take(NAMED_MAX));
    let names = named.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = match changed.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("files that `{port}` has taken were changed since and are not taken again: {names}{more}");
    (!changed.is_empty()).then(|| {
        Diagnostic::warning(Code::SOURCE_FILE_CHANGED, Place::start_of(&order.product.file), message)
            .help("write what is new to a file of another name; a source that is read as a whole is `kind: source`")
    })
}

/// Whether `transform` takes files once each.
pub(crate) fn takes_files(transform: &Transform) -> bool {
    matches!(transform, Transform::Files { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_address_and_its_state_is_never_none() {
        let file = |url: &str, state: &str| SourceFile {
            url: url.to_owned(),
            name: url.to_owned(),
            bytes: 3,
            state: state.to_owned(),
        };
        let (one, other) = (file("s3://b/a.csv", "1"), file("s3://b/a.csv", "2"));
        assert_eq!(name_of(&one), name_of(&other));
        assert_ne!(state_of(&one), state_of(&other));
        assert!((0..1_000).all(|n| state_of(&file("a", &n.to_string())) > 0));
    }
}
