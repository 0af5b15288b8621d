//! What the gate and the clock found out, as far as it tells a principal nothing of rows and values that are not for it.

use weft_model::PortRef;

use super::{CatalogView, HISTORY_MAX};
use crate::error::CatalogError;
use crate::run::{CheckRecord, RunCheck};
use crate::sight::Reading;
use crate::views::CheckView;
use crate::{OffendingRows, levels, runs};

impl CatalogView {
    /// The newest checks of all ports, newest first, the clock's among them.
    pub async fn checks(&self) -> Result<Vec<CheckView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let mut newest = runs::checks(&mut transaction, HISTORY_MAX).await?;
        newest.extend(levels::all(&mut transaction).await?.into_iter().map(of_clock));
        newest.sort_by_key(|of_run| std::cmp::Reverse(of_run.check.at));
        Ok(newest.into_iter().filter_map(|check| self.check_view(check)).collect())
    }

    /// The checks of the run that judged the port last, in order of name, then those of the clock.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port is not served or not seen, or trouble with the database.
    pub async fn checks_of(&self, port: &PortRef) -> Result<Vec<CheckView>, CatalogError> {
        self.port(port)?;
        let mut transaction = self.catalog.store().read().await?;
        let mut checks = runs::last_checks(&mut transaction, &port.to_string()).await?;
        checks.extend(levels::of(&mut transaction, &port.to_string()).await?.into_iter().map(of_clock));
        Ok(checks.into_iter().filter_map(|check| self.check_view(check)).collect())
    }

    pub(super) fn check_view(&self, RunCheck { run, check }: RunCheck) -> Option<CheckView> {
        if !self.sees_port(&check.port) {
            return None;
        }
        let reading = self.reading(&check.port);
        // A check of a key names several columns.
        let mut columns = check.column.iter().flat_map(|columns| columns.split(", "));
        if columns.clone().any(|column| reading.hidden.contains(column)) {
            return None;
        }
        // One of the whole table may count values of any column. When it was brought up to date tells of none.
        let of_all = check.column.is_none() && check.name != "schema" && run.is_some();
        // How queries went tells of no row: whoever knows the port may know how well it is served.
        let of_traffic = run.is_none() && check.is_of_traffic();
        let of_rows =
            reading.every_row && !columns.any(|column| reading.masks(column)) && (!of_all || reading.is_whole());
        let counted = of_traffic || of_rows;
        // Whether a check holds tells of rows, and values, that are not for this principal.
        if !counted && !self.sight.mesh_runs() {
            return None;
        }
        let tells = of_traffic || (counted && reading.is_whole());
        // Which rows a check finds tells of the column that it looks at.
        let sample = check.sample.clone().filter(|_| counted);
        Some(CheckView {
            sample: sample.and_then(|sample| self.in_clear(&check, &reading, sample)),
            measured: check.measured.filter(|_| counted),
            threshold: check.threshold,
            severity: check.severity,
            scanned_bytes: check.scanned_bytes.filter(|_| counted),
            duration_ms: check.duration_ms.filter(|_| counted),
            run,
            failing_rows: check.failing_rows.filter(|_| counted),
            port: check.port,
            name: check.name,
            column: check.column,
            outcome: check.outcome,
            message: check.message.filter(|_| tells),
            at: check.at,
        })
    }

    /// The columns of rows that the port has now, and that are neither hidden nor masked in any part. Of a column
    /// that it has not, nobody knows who may see it, and so whom its check may tell of rows.
    fn in_clear(&self, check: &CheckRecord, reading: &Reading, rows: OffendingRows) -> Option<OffendingRows> {
        let served = self.published.releases.get(&check.port.product_ref())?.product.output(&check.port.port)?;
        let is_clear = |column: &str| {
            served.contract.column(column).is_some() && !reading.hidden.contains(column) && !reading.masks(column)
        };
        let mut checked = check.column.iter().flat_map(|columns| columns.split(", "));
        checked.all(is_clear).then(|| rows.with_columns(is_clear)).flatten()
    }
}

pub(super) fn of_clock(check: CheckRecord) -> RunCheck {
    RunCheck { run: None, check }
}
