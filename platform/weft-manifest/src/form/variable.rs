//! Variables within texts: `${NAME}` and `${NAME:-default}`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::yaml::{Node, Value};
use super::{FromNode, Reader};

/// A variable as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variable<'t> {
    pub(crate) name: &'t str,
    /// What stands for it where it has no value. An empty default counts as none.
    pub(crate) default: Option<&'t str>,
    /// Bytes of the text that the whole token takes.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The variables of a text, in the order written. What is no well-formed token is plain text.
pub(crate) fn variables(text: &str) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("${")) {
        let start = from + at;
        match token(text, start) {
            Some(variable) => {
                from = variable.end;
                found.push(variable);
            }
            None => from = start + 2,
        }
    }
    found
}

/// Whether a text holds a variable.
pub(crate) fn has_variable(text: &str) -> bool {
    text.contains("${") && !variables(text).is_empty()
}

fn token(text: &str, start: usize) -> Option<Variable<'_>> {
    let inside = text.get(start + 2..)?;
    let length = inside.find('}')?;
    let body = inside.get(..length)?;
    let (name, default) = match body.split_once(":-") {
        Some((name, default)) => (name, Some(default).filter(|default| !default.is_empty())),
        None => (body, None),
    };
    is_variable_name(name).then_some(Variable { name, default, start, end: start + 3 + length })
}

/// The text with each variable replaced by its value, or else by its default. An empty value counts as none.
///
/// # Errors
///
/// The name of the first variable that has neither.
pub fn resolved(text: &str, value_of: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut whole, mut from) = (String::new(), 0);
    for variable in variables(text) {
        let value = value_of(variable.name).filter(|value| !value.is_empty());
        let value = value.or_else(|| variable.default.map(str::to_owned)).ok_or_else(|| variable.name.to_owned())?;
        whole.push_str(text.get(from..variable.start).unwrap_or_default());
        whole.push_str(&value);
        from = variable.end;
    }
    whole.push_str(text.get(from..).unwrap_or_default());
    Ok(whole)
}

/// Whether a variable can be called so.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
}

/// A word of a fixed list.
pub(crate) trait Word: Sized {
    /// The word as a value, if it is one of the list.
    fn of_word(word: &str) -> Option<Self>;
}

/// A word of a fixed list, or a text with a variable that stands for one. The text is kept as
/// written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrVariable<T> {
    Known(T),
    Variable(String),
}

impl<T: Copy> OrVariable<T> {
    /// The word, as far as the document tells: that of a variable is its default.
    #[allow(private_bounds)]
    pub fn known(&self) -> Option<T>
    where
        T: Word,
    {
        match self {
            OrVariable::Known(word) => Some(*word),
            OrVariable::Variable(text) => match variables(text).as_slice() {
                [only] if only.start == 0 && only.end == text.len() => only.default.and_then(T::of_word),
                _ => None,
            },
        }
    }
}

impl<T: FromNode> FromNode for OrVariable<T> {
    const WORD: &'static str = T::WORD;

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) if has_variable(text) => Some(OrVariable::Variable(text.clone())),
            _ => T::from_node(node, reader).map(OrVariable::Known),
        }
    }
}

impl<T: JsonSchema> JsonSchema for OrVariable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrVariable", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [word, { "type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}" }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_name_and_may_have_a_default() {
        let found = variables("jdbc://${HOST}:${PORT:-5432}/${EMPTY:-}");
        let told: Vec<_> = found.iter().map(|variable| (variable.name, variable.default)).collect();
        assert_eq!(told, [("HOST", None), ("PORT", Some("5432")), ("EMPTY", None)]);
    }

    #[test]
    fn a_value_stands_before_a_default_and_is_not_looked_into() {
        let value_of = |name: &str| match name {
            "HOST" => Some("${PORT}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(resolved("s3://${HOST:-x}/${PORT:-1}/${EMPTY:-e}/é", value_of), Ok("s3://${PORT}/1/e/é".to_owned()));
        assert_eq!(resolved("${HOST}/${PORT}", value_of), Err("PORT".to_owned()));
        assert_eq!(resolved("${EMPTY}", value_of), Err("EMPTY".to_owned()));
    }

    #[test]
    fn what_is_no_token_is_plain_text() {
        for text in ["", "$HOST", "${", "${}", "${1A}", "${a.b}", "${a b}", "^\\d${2}", "{object}"] {
            assert!(!has_variable(text), "{text}");
        }
        assert_eq!(variables("${ ${A}").iter().map(|variable| variable.name).collect::<Vec<_>>(), ["A"]);
    }
}
