//! YAML as a tree with places, so that all problems of a file are told in one pass.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Location, Spanned};
use weft_model::{Code, Diagnostic, Place};

use crate::names::{nearest, place_on_line};

/// A file's text, and the problems found in it.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    text: &'a str,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A key that is known, where it is written, and its value.
pub(crate) type Entry<'n> = (&'static str, &'n Node, &'n Node);

/// A value and where it stands.
pub(crate) struct Node {
    at: Location,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Value {
    fn describe(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Reader { file, text, diagnostics: Vec::new() }
    }

    /// The document, or a diagnostic saying why there is none. An empty file is [`Value::Null`].
    pub(crate) fn parse(&mut self) -> Option<Node> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! { max_depth: 16, max_documents: 1, max_anchors: 1_000, max_aliases: 1_000 },
            duplicate_keys: DuplicateKeyPolicy::Error,
            merge_keys: MergeKeyPolicy::Error,
            strict_booleans: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Node>(self.text, options) {
            Ok(node) => Some(node),
            Err(serde_saphyr::Error::Eof { .. }) => Some(Node { at: Location::UNKNOWN, value: Value::Null }),
            Err(error) => {
                let error = error.without_snippet();
                let (code, message) = match error {
                    serde_saphyr::Error::DuplicateMappingKey { key, .. } => {
                        let key = key.as_ref().map(|key| format!(" `{key}`")).unwrap_or_default();
                        (Code::KEY_TWICE, format!("the key{key} is written twice"))
                    }
                    serde_saphyr::Error::Budget { .. } => {
                        (Code::DOCUMENT_BOUNDS, "the document is too large, too deep or expands too far".to_owned())
                    }
                    _ => (Code::YAML_SYNTAX, plain(&error.to_string())),
                };
                let place = self.place_of(error.location().unwrap_or(Location::UNKNOWN));
                self.diagnostics.push(Diagnostic::error(code, place, message));
                None
            }
        }
    }

    /// Where `node` stands.
    pub(crate) fn place(&self, node: &Node) -> Place {
        self.place_of(node.at)
    }

    fn place_of(&self, at: Location) -> Place {
        let span = at.span();
        let end = self.text.len();
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        match (span.byte_offset(), span.byte_len()) {
            (Some(start), Some(length)) => {
                let start = usize::try_from(start).unwrap_or(end);
                let stop = start.saturating_add(usize::try_from(length).unwrap_or(0));
                let marked = self.text.get(start..stop.min(end)).unwrap_or("");
                // A collection's span reaches to its end: its first line is enough to show.
                let first = marked.lines().next().unwrap_or("").trim_end();
                place_on_line(self.file, number(at.line()), number(at.column()), start, first)
            }
            _ if at.line() == 0 => Place::start_of(self.file),
            _ => Place::of_word_at(self.file, self.text, number(at.line()), number(at.column())),
        }
    }

    pub(crate) fn error(&mut self, code: Code, node: &Node, message: impl Into<String>) {
        let place = self.place(node);
        self.diagnostics.push(Diagnostic::error(code, place, message));
    }

    fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let message = format!("expected {wanted}, found {}", node.value.describe());
        self.error(Code::WRONG_TYPE, node, message);
    }

    /// The items of a list; nothing written counts as an empty list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, "a list");
                &[]
            }
        }
    }

    /// A text. A number or boolean is not one: YAML would otherwise change what is written.
    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.wrong_type(node, "a text");
        None
    }

    /// The values of a mapping in the order of `keys`, which are all that it may have.
    pub(crate) fn mapping<'n, const N: usize>(
        &mut self,
        node: &'n Node,
        keys: [&'static str; N],
    ) -> Option<[Option<&'n Node>; N]> {
        let entries = self.entries(node, &keys)?;
        Some(keys.map(|key| entries.iter().find(|(name, ..)| *name == key).map(|(_, _, value)| *value)))
    }

    /// The entries of a mapping as written, each with its key, which is one of `keys`.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, keys: &[&'static str]) -> Option<Vec<Entry<'n>>> {
        let Value::Map(entries) = &node.value else {
            self.wrong_type(node, "a mapping");
            return None;
        };
        let mut found = Vec::new();
        for (key, value) in entries {
            let Some(name) = self.text(key) else { continue };
            if let Some(known) = keys.iter().find(|known| **known == name) {
                found.push((*known, key, value));
                continue;
            }
            let place = self.place(key);
            let mut diagnostic = Diagnostic::error(Code::KEY_UNKNOWN, place, format!("key `{name}` is not known here"));
            diagnostic = match nearest(name, keys.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("known keys: {}", keys.join(", "))),
            };
            self.diagnostics.push(diagnostic);
        }
        Some(found)
    }

    /// A text that is one of `words`.
    pub(crate) fn one_of<'n>(&mut self, node: &'n Node, what: &str, words: &[&str]) -> Option<&'n str> {
        let text = self.text(node)?;
        if words.contains(&text) {
            return Some(text);
        }
        let help = match nearest(text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", words.join(", ")),
        };
        let message = format!("`{text}` is not {what}");
        self.diagnostics.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, self.place(node), message).help(help));
        None
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&mut self, node: &Node) -> Option<usize> {
        if let Value::Integer(number) = &node.value
            && let Ok(count) = usize::try_from(*number)
        {
            return Some(count);
        }
        self.wrong_type(node, "a whole number, 0 or more");
        None
    }

    /// A value that must be there; `parent` is where to say that it is not.
    pub(crate) fn required<'n>(&mut self, value: Option<&'n Node>, key: &str, parent: &Node) -> Option<&'n Node> {
        if value.is_none() {
            self.error(Code::KEY_MISSING, parent, format!("key `{key}` is missing"));
        }
        value
    }
}

/// The library's message as a line of ours: without position, capital and full stop.
fn plain(message: &str) -> String {
    let first = message.lines().next().unwrap_or("not well-formed");
    let first = first.split(" at line ").next().unwrap_or(first).trim_end_matches('.');
    let mut characters = first.chars();
    let head = characters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    head + characters.as_str()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Node { at: referenced, value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Integer).map_err(|_| E::custom("the integer is too large"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Float)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Node, Node>()? {
            if matches!(key.value, Value::List(_) | Value::Map(_)) {
                return Err(A::Error::custom("a key must be a text"));
            }
            map.push((key, value));
        }
        Ok(Value::Map(map))
    }
}
