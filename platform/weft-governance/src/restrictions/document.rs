//! `restrictions.yaml`: row filters and masks that hold unless an exemption is granted.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, DomainName, Place, PortName, ProductRef};

use super::condition::Condition;
use super::mask::{self, MaskForm};
use super::parse::{Source, parse};
use super::terms::lies_under;
use crate::names::is_tag;
use crate::yaml::{Node, Reader};

pub(crate) const MESH_KEYS: [&str; 3] = ["clear", "masks", "rowFilters"];
pub(crate) const PRODUCT_KEYS: [&str; 2] = ["masks", "rowFilters"];
const MASK_KEYS: [&str; 6] = ["id", "tag", "port", "column", "mask", "exempt"];
const FILTER_KEYS: [&str; 6] = ["id", "tag", "domain", "port", "when", "exempt"];

/// Whose restrictions a file holds.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Mesh,
    Product(&'a ProductRef),
}

/// The restrictions of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Restrictions {
    /// Tags that need no mask; the mesh's only.
    pub(crate) clear: BTreeSet<String>,
    pub(crate) masks: Vec<MaskRule>,
    pub(crate) filters: Vec<RowFilter>,
}

/// A mask and the columns that it is for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MaskRule {
    pub(crate) id: String,
    pub(crate) target: MaskTarget,
    pub(crate) mask: MaskForm,
    pub(crate) place: Place,
    /// Where the target and the mask stand.
    pub(crate) target_place: Place,
    pub(crate) mask_place: Place,
}

impl MaskRule {
    /// Whether it masks what carries `word`.
    pub(crate) fn is_for(&self, word: &str) -> bool {
        matches!(&self.target, MaskTarget::Tag(tag) if lies_under(word, tag))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MaskTarget {
    Tag(String),
    Column { port: PortName, path: Vec<String> },
}

/// A condition and the ports whose rows it picks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowFilter {
    pub(crate) id: String,
    pub(crate) target: FilterTarget,
    pub(crate) when: Condition,
    /// The condition as written.
    pub(crate) text: String,
    pub(crate) place: Place,
    pub(crate) target_place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FilterTarget {
    Port(PortName),
    /// Ports that carry the tag, or one of whose columns does, and those of the domain: both, where
    /// both are named.
    Mesh {
        tag: Option<String>,
        domain: Option<DomainName>,
    },
}

/// Reads the form of one file. Whether its ports and columns are there is for
/// [`Restrictions::check`] to say. A file with errors is not used at all.
pub(crate) fn read(file: &str, text: &str, whose: Whose<'_>) -> (Restrictions, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text);
    let mut restrictions = Restrictions::default();
    if let Some(document) = reader.parse().filter(|document| !matches!(document.value, crate::yaml::Value::Null)) {
        let sections = match whose {
            Whose::Mesh => reader.mapping(&document, MESH_KEYS),
            Whose::Product(_) => reader.mapping(&document, PRODUCT_KEYS).map(|[masks, filters]| [None, masks, filters]),
        };
        let [clear, masks, filters] = sections.unwrap_or_default();
        let items = |reader: &mut Reader<'_>, node| Option::map_or(node, &[][..], |node| reader.list(node));
        for item in items(&mut reader, clear) {
            restrictions.clear.extend(read_tag(&mut reader, item));
        }
        let mut ids = BTreeSet::new();
        for item in items(&mut reader, masks) {
            let rule = read_mask(&mut reader, item, whose);
            restrictions.masks.extend(rule.filter(|rule| is_new(&mut reader, item, &rule.id, &mut ids)));
        }
        for item in items(&mut reader, filters) {
            let filter = read_filter(&mut reader, text, item, whose);
            restrictions.filters.extend(filter.filter(|filter| is_new(&mut reader, item, &filter.id, &mut ids)));
        }
    }
    (restrictions, reader.diagnostics)
}

fn is_new(reader: &mut Reader<'_>, item: &Node, id: &str, ids: &mut BTreeSet<String>) -> bool {
    let is_new = ids.insert(id.to_owned());
    if !is_new {
        reader.error(Code::RESTRICTION_INVALID, item, format!("two restrictions are called `{id}`"));
    }
    is_new
}

/// Every problem is told, so each field is read before any is missed.
fn read_mask(reader: &mut Reader<'_>, item: &Node, whose: Whose<'_>) -> Option<MaskRule> {
    let [id, tag, port, column, mask, exempt] = reader.mapping(item, MASK_KEYS)?;
    let id = read_id(reader, id, item);
    read_exempt(reader, exempt, "unmask");
    let mask_node = reader.required(mask, "mask", item);
    let form = mask_node.and_then(|node| mask::read(reader, node));
    let target = match (tag, port, column, whose) {
        (Some(tag), None, None, _) => read_tag(reader, tag).map(|name| (MaskTarget::Tag(name), tag)),
        (None, Some(port), Some(column), Whose::Product(_)) => {
            let name = read_port(reader, port);
            let path = reader.text(column).map(|path| path.split('.').map(str::to_owned).collect());
            name.zip(path).map(|(port, path)| (MaskTarget::Column { port, path }, column))
        }
        (_, _, _, Whose::Mesh) => invalid(reader, item, "a mask of the mesh names a `tag`, and nothing else"),
        _ => invalid(reader, item, "a mask names a `tag`, or a `port` and a `column`"),
    };
    let (target, at) = target?;
    let (mask_place, target_place, place) = (reader.place(mask_node?), reader.place(at), reader.place(item));
    Some(MaskRule { id: id?, target, mask: form?, place, target_place, mask_place })
}

fn read_filter(reader: &mut Reader<'_>, text: &str, item: &Node, whose: Whose<'_>) -> Option<RowFilter> {
    let [id, tag, domain, port, when, exempt] = reader.mapping(item, FILTER_KEYS)?;
    let id = read_id(reader, id, item);
    read_exempt(reader, exempt, "see_all_rows");
    let target = match (whose, tag, domain, port) {
        (Whose::Product(_), None, None, Some(port)) => {
            read_port(reader, port).map(|name| (FilterTarget::Port(name), port))
        }
        (Whose::Product(_), ..) => invalid(reader, item, "a row filter of a product names a `port`, and nothing else"),
        (Whose::Mesh, tag @ Some(at), domain, None) | (Whose::Mesh, tag, domain @ Some(at), None) => {
            let name = tag.map(|tag| read_tag(reader, tag));
            let domain = domain.map(|domain| {
                let text = reader.text(domain)?;
                text.parse()
                    .map_err(|e: weft_model::NameError| reader.error(Code::NAME_ILLEGAL, domain, e.to_string()))
                    .ok()
            });
            match (name, domain) {
                (Some(None), _) | (_, Some(None)) => None,
                (tag, domain) => Some((FilterTarget::Mesh { tag: tag.flatten(), domain: domain.flatten() }, at)),
            }
        }
        (Whose::Mesh, ..) => invalid(reader, item, "a row filter of the mesh names a `tag`, a `domain` or both"),
    };
    let when = reader.required(when, "when", item)?;
    let condition = match reader.text(when) {
        Some(condition) => {
            let source = Source { file: reader.file, text, whole: reader.place(when), condition };
            parse(&source)
                .map(|parsed| (parsed, condition.to_owned()))
                .map_err(|told| reader.diagnostics.push(*told))
                .ok()
        }
        None => None,
    };
    let ((when, text), (target, at)) = (condition?, target?);
    let (place, target_place) = (reader.place(item), reader.place(at));
    Some(RowFilter { id: id?, target, when, text, place, target_place })
}

fn invalid<T>(reader: &mut Reader<'_>, item: &Node, message: &str) -> Option<T> {
    reader.error(Code::RESTRICTION_INVALID, item, message);
    None
}

fn read_id(reader: &mut Reader<'_>, node: Option<&Node>, item: &Node) -> Option<String> {
    let node = reader.required(node, "id", item)?;
    let text = reader.text(node)?;
    if is_tag(text) {
        return Some(text.to_owned());
    }
    invalid(reader, node, "an id is made of a-z, 0-9, `_`, `-` and dots")
}

fn read_tag(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    if is_tag(text) {
        return Some(text.to_owned());
    }
    invalid(reader, node, &format!("`{text}` is no tag: parts of a-z, 0-9, `_` and `-`, joined by dots"))
}

fn read_port(reader: &mut Reader<'_>, node: &Node) -> Option<PortName> {
    let text = reader.text(node)?;
    text.parse().map_err(|e: weft_model::NameError| reader.error(Code::NAME_ILLEGAL, node, e.to_string())).ok()
}

/// The action that exempts is fixed for each kind; writing it down is for the reader.
fn read_exempt(reader: &mut Reader<'_>, node: Option<&Node>, action: &str) {
    let Some(node) = node else { return };
    if let Some(text) = reader.text(node)
        && text != action
    {
        let message = format!("`{text}` does not exempt from this; `{action}` does, granted in an access.csv");
        reader.error(Code::RESTRICTION_INVALID, node, message);
    }
}

impl Restrictions {
    /// Whether the same masks and row filters stand in `other`, wherever in its file.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let masks = |all: &[MaskRule]| -> Vec<_> { all.iter().map(|m| (m.target.clone(), m.mask.clone())).collect() };
        let filters =
            |all: &[RowFilter]| -> Vec<_> { all.iter().map(|f| (f.target.clone(), f.text.clone())).collect() };
        self.clear == other.clear
            && masks(&self.masks) == masks(&other.masks)
            && filters(&self.filters) == filters(&other.filters)
    }

    /// Every tag that the file speaks of.
    pub(crate) fn vocabulary(&self) -> BTreeSet<&str> {
        let masked = self.masks.iter().filter_map(|rule| match &rule.target {
            MaskTarget::Tag(tag) => Some(tag.as_str()),
            MaskTarget::Column { .. } => None,
        });
        let filtered = self.filters.iter().filter_map(|filter| match &filter.target {
            FilterTarget::Mesh { tag, .. } => tag.as_deref(),
            FilterTarget::Port(_) => None,
        });
        self.clear.iter().map(String::as_str).chain(masked).chain(filtered).collect()
    }
}
