//! Masks as they are written, what they come to for a column, and which of two is stricter.

use weft_model::{Code, Column, DataType, Principal, ProductRef};

use super::typed;
use crate::yaml::{Node, Reader, Value};
use crate::{DatePart, Literal, Mask};

const FORMS: &str = "write `null`, `partial_email`, `{constant: VALUE}`, `{hash: product|group|mesh}`, `{round: N}`, \
                     `{truncate: year|quarter|month|day}` or `{prefix: N}`";

/// What stands after `mask`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MaskForm {
    Null,
    Constant(Literal),
    PartialEmail,
    Hash(Salt),
    Round(u64),
    Truncate(DatePart),
    Prefix(u32),
}

/// Within what equal values get equal hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Salt {
    Product,
    /// For principals of the same groups.
    Group,
    Mesh,
}

/// Reads a mask; what is not understood is told and gives none.
pub(crate) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<MaskForm> {
    let form = match &node.value {
        Value::Null => Some(MaskForm::Null),
        Value::Text(word) => match word.as_str() {
            "null" => Some(MaskForm::Null),
            "partial_email" => Some(MaskForm::PartialEmail),
            "hash" => Some(MaskForm::Hash(Salt::Product)),
            _ => None,
        },
        Value::Map(entries) => match entries.as_slice() {
            [(key, value)] => match &key.value {
                Value::Text(key) => read_form(key, &value.value),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    if form.is_none() {
        let place = reader.place(node);
        let told = weft_model::Diagnostic::error(Code::RESTRICTION_INVALID, place, "this is no mask").help(FORMS);
        reader.diagnostics.push(told);
    }
    form
}

fn read_form(key: &str, value: &Value) -> Option<MaskForm> {
    match (key, value) {
        ("constant", Value::Text(text)) => Some(MaskForm::Constant(Literal::Text(text.clone()))),
        ("constant", Value::Boolean(value)) => Some(MaskForm::Constant(Literal::Boolean(*value))),
        ("constant", Value::Integer(value)) => Some(MaskForm::Constant(Literal::Integer(*value))),
        ("hash", Value::Text(salt)) => match salt.as_str() {
            "product" => Some(MaskForm::Hash(Salt::Product)),
            "group" => Some(MaskForm::Hash(Salt::Group)),
            "mesh" => Some(MaskForm::Hash(Salt::Mesh)),
            _ => None,
        },
        ("round", Value::Integer(to)) => u64::try_from(*to).ok().filter(|to| *to > 0).map(MaskForm::Round),
        ("prefix", Value::Integer(characters)) => u32::try_from(*characters).ok().map(MaskForm::Prefix),
        ("truncate", Value::Text(part)) => match part.as_str() {
            "year" => Some(MaskForm::Truncate(DatePart::Year)),
            "quarter" => Some(MaskForm::Truncate(DatePart::Quarter)),
            "month" => Some(MaskForm::Truncate(DatePart::Month)),
            "day" => Some(MaskForm::Truncate(DatePart::Day)),
            _ => None,
        },
        _ => None,
    }
}

impl MaskForm {
    /// The mask for values of `data_type`; `None` where it does not fit them.
    pub(crate) fn fit(&self, data_type: &DataType, product: &ProductRef, principal: &Principal) -> Option<Mask> {
        let is_number = matches!(
            data_type,
            DataType::Integer(_) | DataType::Float32 | DataType::Float64 | DataType::Decimal { .. }
        );
        let is_hashed = matches!(data_type, DataType::String | DataType::Integer(weft_model::IntegerFormat::I64));
        Some(match self {
            MaskForm::Null => Mask::Null,
            MaskForm::Constant(Literal::Text(text)) => Mask::Constant(typed::text_as(text, data_type)?),
            MaskForm::Constant(value) => Mask::Constant(typed::fit(value, data_type)?),
            MaskForm::Hash(salt) if is_hashed => Mask::Hash { salt: salt.written(product, principal) },
            MaskForm::PartialEmail if *data_type == DataType::String => Mask::PartialEmail,
            MaskForm::Prefix(characters) if *data_type == DataType::String => Mask::Prefix { characters: *characters },
            // What hides nothing is no mask.
            MaskForm::Round(0 | 1) if matches!(data_type, DataType::Integer(_)) => return None,
            MaskForm::Truncate(DatePart::Day) if *data_type == DataType::Date => return None,
            MaskForm::Round(to) if is_number => Mask::Round { to: *to },
            MaskForm::Truncate(to) if matches!(data_type, DataType::Date | DataType::Timestamp { .. }) => {
                Mask::Truncate { to: *to }
            }
            _ => return None,
        })
    }
}

impl Salt {
    fn written(self, product: &ProductRef, principal: &Principal) -> String {
        match self {
            Salt::Product => format!("product:{product}"),
            Salt::Group => {
                let groups: Vec<&str> = principal.groups.iter().map(String::as_str).collect();
                format!("group:{}", groups.join(","))
            }
            Salt::Mesh => "mesh".to_owned(),
        }
    }
}

/// The strictest of several masks of one column; `None` of none. Where the strictest are of one
/// strength and none of them tells less than each other one, nothing is shown: NULL.
pub(crate) fn strictest(masks: &[Mask]) -> Option<Mask> {
    let most = masks.iter().map(rank).max()?;
    let of_most: Vec<&Mask> = masks.iter().filter(|mask| rank(mask) == most).collect();
    let coarsest = of_most.iter().find(|mask| of_most.iter().all(|other| tells_no_more(mask, other)));
    Some(coarsest.map_or(Mask::Null, |mask| (*mask).clone()))
}

/// Whether what `mask` shows could be told from what `other` shows.
fn tells_no_more(mask: &Mask, other: &Mask) -> bool {
    match (mask, other) {
        (Mask::Round { to: a }, Mask::Round { to: b }) => a % b == 0,
        (Mask::Truncate { to: a }, Mask::Truncate { to: b }) => a >= b,
        (Mask::Prefix { characters: a }, Mask::Prefix { characters: b }) => a <= b,
        (mask, other) => mask == other,
    }
}

fn rank(mask: &Mask) -> u8 {
    match mask {
        Mask::Null => 4,
        Mask::Constant(_) => 3,
        Mask::Hash { .. } => 2,
        Mask::PartialEmail | Mask::Prefix { .. } | Mask::Round { .. } | Mask::Truncate { .. } => 1,
    }
}

/// The type of a column, or of a part of it: names downwards, `[]` for the elements of a list, `{}`
/// for the values of a map.
pub(crate) fn type_at<'c>(columns: &'c [Column], path: &[String]) -> Option<&'c DataType> {
    let (name, below) = path.split_first()?;
    type_within(&columns.iter().find(|column| column.name == *name)?.data_type, below)
}

/// The type of what lies at `path` within a value; `[]` stands for elements of a list, `{}` for the
/// values of a map. `None` where the path leads nowhere.
pub(crate) fn type_within<'c>(data_type: &'c DataType, path: &[String]) -> Option<&'c DataType> {
    let mut found = data_type;
    for name in path {
        found = match found {
            DataType::Struct(fields) => &fields.iter().find(|field| field.name == *name)?.data_type,
            DataType::List(element) if name == "[]" => &element.data_type,
            DataType::Map { value, .. } if name == "{}" => &value.data_type,
            _ => return None,
        };
    }
    Some(found)
}
