//! On which terms one principal reads one port.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use weft_model::{Column, DataType, MajorVersion, Place, PortName, PortRef, Principal};

use super::condition::Asker;
use super::document::{FilterTarget, MaskRule, MaskTarget, Restrictions, RowFilter};
use super::mask::{strictest, type_at};
use crate::names::{tags_of, tags_within};
use crate::{ColumnPath, Imposed, Mask, Obligation, PolicyLine};

/// The one classification that needs no mask where the mesh has no restrictions of its own.
pub(crate) const PUBLIC: &str = "public";

/// Who wants to read what.
pub(crate) struct Asked<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) at: DateTime<Utc>,
    pub(crate) port: &'a PortRef,
    /// Set where it is one of several major versions.
    pub(crate) major: Option<&'a MajorVersion>,
    /// The columns of all of these as they are declared now.
    pub(crate) versions: &'a [&'a [Column]],
    /// Tags of the port as a whole.
    pub(crate) port_tags: &'a BTreeSet<String>,
    pub(crate) columns: &'a [Column],
}

impl Asked<'_> {
    /// Whether a rule about `port` holds for it.
    fn is_called(&self, port: &PortName) -> bool {
        *port == self.port.port || self.major.is_some_and(|version| version.is_called(port))
    }
}

/// What would lift a restriction, if it is granted; `by` is the restriction.
pub(crate) enum Exemption<'a> {
    /// To see what lies at `path` in clear, of which `tags` made the mask apply.
    Unmask {
        path: &'a [String],
        tags: BTreeSet<String>,
        by: &'a PolicyLine,
    },
    SeeAllRows {
        by: &'a PolicyLine,
    },
}

/// A mask that applies to a path, and why.
struct Applied<'a> {
    mask: Mask,
    by: PolicyLine,
    /// Tags that made it apply.
    because: BTreeSet<&'a str>,
}

/// Everything that the restrictions ask for and no exemption lifts: conditions on rows first, then
/// masks in order of path, each path once and with its strictest mask.
///
/// # Errors
///
/// In words for the log, where a restriction does not fit the columns or `exempt` fails. Then the
/// port may not be read.
pub(crate) fn terms(
    mesh: Option<&Restrictions>,
    product: Option<&Restrictions>,
    asked: &Asked<'_>,
    exempt: &mut dyn FnMut(&Exemption<'_>) -> Result<bool, String>,
) -> Result<Vec<Imposed>, String> {
    let mut imposed = Vec::new();
    let filters = [mesh, product].into_iter().flatten().flat_map(|restrictions| &restrictions.filters);
    for filter in filters.filter(|filter| filter.is_for(asked)) {
        let by = filter.line();
        if !exempt(&Exemption::SeeAllRows { by: &by })? {
            let asker = Asker { principal: asked.principal, at: asked.at };
            let condition = filter.when.for_asker(asker, asked.columns)?;
            imposed.push(Imposed { obligation: Obligation::KeepRows(condition), by });
        }
    }
    let mut masks: BTreeMap<ColumnPath, Vec<(Mask, PolicyLine)>> = BTreeMap::new();
    for (path, applied) in applying(mesh, product, asked)? {
        let tags = applied.because.iter().map(|tag| (*tag).to_owned()).collect();
        if !exempt(&Exemption::Unmask { path: &path, tags, by: &applied.by })? {
            masks.entry(path).or_default().push((applied.mask, applied.by));
        }
    }
    for (path, applied) in masks {
        let (all, by): (Vec<Mask>, Vec<PolicyLine>) = applied.into_iter().unzip();
        let Some(mask) = strictest(&all) else { continue };
        let winner = all.iter().position(|one| *one == mask).unwrap_or(0);
        let by = by.into_iter().nth(winner).ok_or("a mask without a reason")?;
        imposed.push(Imposed { obligation: Obligation::MaskColumn { path, mask }, by });
    }
    Ok(imposed)
}

/// Every mask that applies to the port, before exemptions.
fn applying<'a>(
    mesh: Option<&'a Restrictions>,
    product: Option<&'a Restrictions>,
    asked: &Asked<'a>,
) -> Result<Vec<(ColumnPath, Applied<'a>)>, String> {
    let mut found = Vec::new();
    for column in asked.columns {
        let whole = vec![column.name.clone()];
        by_tags(mesh, product, asked, whole, &column.data_type, tags_of(column).collect(), true, &mut found);
        for part in &column.parts {
            let path: ColumnPath = std::iter::once(&column.name).chain(&part.path).cloned().collect();
            let missing = || format!("a part `{}` is classified and not there", path.join("."));
            let data_type = type_at(asked.columns, &path).ok_or_else(missing)?;
            let tags = part.classification.iter().chain(&part.tags).map(String::as_str).collect();
            by_tags(mesh, product, asked, path.clone(), data_type, tags, false, &mut found);
        }
    }
    for rule in product.into_iter().flat_map(|restrictions| &restrictions.masks) {
        let MaskTarget::Column { port, path } = &rule.target else { continue };
        if !asked.is_called(port) {
            continue;
        }
        let data_type = match type_at(asked.columns, path) {
            Some(data_type) => data_type,
            // Another version of the port has it.
            None if asked.major.is_some() && asked.versions.iter().any(|of| type_at(of, path).is_some()) => continue,
            None => return Err(format!("mask `{}` names a column that is not there", rule.id)),
        };
        let column = asked.columns.iter().find(|column| path.first() == Some(&column.name));
        let because = column.into_iter().flat_map(|column| tags_of(column).chain(tags_within(column))).collect();
        let mask = rule.fitting(data_type, asked);
        found.push((path.clone(), Applied { mask, by: rule.line(), because }));
    }
    Ok(found)
}

/// The masks that the tags of one column, or of a part of one, ask for.
#[expect(clippy::too_many_arguments, reason = "one step of a loop, written once for columns and parts")]
fn by_tags<'a>(
    mesh: Option<&'a Restrictions>,
    product: Option<&'a Restrictions>,
    asked: &Asked<'a>,
    path: ColumnPath,
    data_type: &DataType,
    tags: Vec<&'a str>,
    is_column: bool,
    found: &mut Vec<(ColumnPath, Applied<'a>)>,
) {
    let rules = || [mesh, product].into_iter().flatten().flat_map(|restrictions| &restrictions.masks);
    for rule in rules() {
        let MaskTarget::Tag(tag) = &rule.target else { continue };
        let because: BTreeSet<&str> = tags.iter().copied().filter(|found| lies_under(found, tag)).collect();
        if !because.is_empty() {
            found.push((path.clone(), Applied { mask: rule.fitting(data_type, asked), by: rule.line(), because }));
        }
    }
    let vocabulary: BTreeSet<&str> = [mesh, product].into_iter().flatten().flat_map(Restrictions::vocabulary).collect();
    let is_known = |tag: &str| match mesh {
        None if tag == PUBLIC => true,
        _ => vocabulary.iter().any(|known| lies_under(tag, known)),
    };
    let unknown: BTreeSet<&str> = tags.iter().copied().filter(|tag| !is_known(tag)).collect();
    let why = match mesh {
        Some(_) => "what is not classified, or by a word that the mesh does not know, is masked",
        None => "the mesh has no restrictions, so whatever is not public is masked",
    };
    let is_unclassified = is_column && mesh.is_some() && tags.is_empty();
    if is_unclassified || !unknown.is_empty() {
        let by = PolicyLine { place: None, text: why.into() };
        found.push((path, Applied { mask: Mask::Null, by, because: unknown }));
    }
}

impl MaskRule {
    /// The mask for a type; NULL where it does not fit.
    fn fitting(&self, data_type: &DataType, asked: &Asked<'_>) -> Mask {
        self.mask.fit(data_type, &asked.port.product_ref(), asked.principal).unwrap_or(Mask::Null)
    }

    fn line(&self) -> PolicyLine {
        line(&self.place, format!("mask {}", self.id))
    }
}

impl RowFilter {
    fn is_for(&self, asked: &Asked<'_>) -> bool {
        match &self.target {
            FilterTarget::Port(port) => asked.is_called(port),
            FilterTarget::Mesh { tag, domain } => {
                domain.as_ref().is_none_or(|domain| *domain == asked.port.domain)
                    && tag.as_ref().is_none_or(|tag| carries(tag, asked.port_tags, asked.columns))
            }
        }
    }

    fn line(&self) -> PolicyLine {
        line(&self.place, format!("row filter {}: {}", self.id, self.text))
    }
}

/// Whether a port carries `tag`, itself or in one of its columns.
pub(crate) fn carries(tag: &str, port_tags: &BTreeSet<String>, columns: &[Column]) -> bool {
    let within = columns.iter().flat_map(|column| tags_of(column).chain(tags_within(column)));
    port_tags.iter().map(String::as_str).chain(within).any(|found| lies_under(found, tag))
}

/// Whether `tag` is `above`, or lies under it.
pub(crate) fn lies_under(tag: &str, above: &str) -> bool {
    tag.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn line(place: &Place, text: String) -> PolicyLine {
    PolicyLine { place: Some((place.file.as_str().into(), place.line)), text: text.into() }
}
