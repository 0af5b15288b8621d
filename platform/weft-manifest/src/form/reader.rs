//! Reads typed values from a tree and reports whatever does not fit, without stopping.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weft_model::{Code, Diagnostic, Place};

use super::SourceText;
use super::yaml::{Node, Span, Value};

/// Most problems that are told of one file; what is beyond is counted.
const PROBLEMS_MAX: usize = 200;
/// Longest word for which a similar one is looked for.
const GUESS_BYTES_MAX: usize = 64;

/// A type that can be read from a document.
pub(crate) trait FromNode: Sized {
    /// What an author calls it: `text`, `a list`.
    const WORD: &'static str;

    /// Reads the value, or reports why it cannot be read.
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;

    /// The value of a key that is left out; `None` for one that is required.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether this is the value of a key that is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// For `skip_serializing_if`.
pub(crate) fn is_absent<T: FromNode>(value: &T) -> bool {
    value.is_absent()
}

/// One key that an object of the standard may have.
pub(crate) struct Field {
    /// As the Rust field is called.
    pub(crate) name: &'static str,
    pub(crate) word: &'static str,
}

/// The key of a Rust field: `output_ports` is `outputPorts`.
pub(crate) fn key_of(field: &str) -> String {
    let mut key = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.strip_prefix("r#").unwrap_or(field).chars() {
        if c == '_' {
            upper = true;
        } else {
            key.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    key
}

fn is_key_of(field: &str, key: &str) -> bool {
    let mut key = key.bytes();
    let mut upper = false;
    for b in field.strip_prefix("r#").unwrap_or(field).bytes() {
        if b == b'_' {
            upper = true;
            continue;
        }
        if key.next() != Some(if upper { b.to_ascii_uppercase() } else { b }) {
            return false;
        }
        upper = false;
    }
    key.next().is_none()
}

/// Collects the problems of one file while it is read.
pub(crate) struct Reader<'a> {
    source: &'a SourceText,
    /// Which standard the document follows, for messages: `ODCS 3.2`.
    pub(crate) standard: &'static str,
    /// Whether the document says that it follows a version older than those with today's rules.
    pub(crate) lenient: bool,
    problems: Vec<Diagnostic>,
    beyond: usize,
    /// The last of those beyond, so that whoever reports one need not know that it is not told.
    untold: Option<Diagnostic>,
    /// Where list items start that could not be read and so are missing from the typed list.
    dropped: HashSet<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a SourceText, standard: &'static str) -> Self {
        Reader {
            source,
            standard,
            lenient: false,
            problems: Vec::new(),
            beyond: 0,
            untold: None,
            dropped: HashSet::new(),
        }
    }

    /// The problems found and the starts of items that were left out.
    pub(crate) fn finish(mut self) -> (Vec<Diagnostic>, HashSet<usize>) {
        if let (Some(last), true) = (self.problems.last_mut(), self.beyond > 0) {
            last.help = Some(format!("there are {} more problems in this file: mend these first", self.beyond));
        }
        (self.problems, self.dropped)
    }

    pub(crate) fn report(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        if self.problems.len() >= PROBLEMS_MAX {
            self.beyond += 1;
            return self.untold.insert(Diagnostic::error(code, Place::start_of(""), message));
        }
        self.problems.push(Diagnostic::error(code, self.source.place(span), message));
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    /// Whether another problem would only be counted, which it is then: saves finding words for it.
    fn has_told_enough(&mut self) -> bool {
        let enough = self.problems.len() >= PROBLEMS_MAX;
        self.beyond += usize::from(enough);
        enough
    }

    /// Reports a value of another type than wanted.
    pub(crate) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        if self.has_told_enough() {
            return;
        }
        let found = match &node.value {
            Value::Null => "nothing",
            Value::Boolean(_) => "true or false",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        };
        let key = self.source.key_before(node.span.start);
        let written = self.source.written(node.span);
        let problem = match key {
            Some(key) => {
                self.report(Code::WRONG_TYPE, node.head(), format!("`{key}` must be {wanted}, and this is {found}"))
            }
            None => self.report(Code::WRONG_TYPE, node.head(), format!("this must be {wanted}, and it is {found}")),
        };
        problem.label = format!("{wanted} goes here");
        problem.help = match (&node.value, wanted) {
            (Value::Null, _) => Some("give it a value, or leave the key out".to_owned()),
            (Value::Integer(_) | Value::Float(_) | Value::Boolean(_), "text") => {
                Some(format!("put it in quotes: \"{written}\""))
            }
            (Value::Text(_), "a number" | "a whole number" | "true or false") => {
                Some("write it without quotes".to_owned())
            }
            (Value::List(_), _) => None,
            (_, "a list") => Some("write each item on a line of its own, after `- `".to_owned()),
            _ => None,
        };
    }

    /// Whether `node` is an object; reports what is not, and every key that is not among `fields`.
    pub(crate) fn object(&mut self, node: &Node, noun: &str, fields: &[Field]) -> bool {
        let Value::Object(entries) = &node.value else {
            self.wrong_type(node, "an object");
            return false;
        };
        for entry in entries {
            if !fields.iter().any(|field| is_key_of(field.name, &entry.key)) {
                self.unknown_key(&entry.key, entry.key_span, noun, fields);
            }
        }
        true
    }

    fn unknown_key(&mut self, key: &str, span: Span, noun: &str, fields: &[Field]) {
        if self.has_told_enough() {
            return;
        }
        let keys: Vec<String> = fields.iter().map(|field| key_of(field.name)).collect();
        let near = nearest(key, keys.iter().map(String::as_str)).map(str::to_owned);
        let standard = self.standard;
        let problem = self.report(Code::KEY_UNKNOWN, span, format!("unknown key `{}` in {noun}", clipped(key)));
        match near {
            Some(near) => {
                let word = fields.iter().find(|f| is_key_of(f.name, &near)).map_or("", |f| f.word);
                problem.label = format!("{standard} has `{near}` ({word})");
                problem.help = Some(format!("did you mean `{near}`?"));
            }
            None if key == "<<" => {
                problem.help = Some("YAML 1.2 has no merge key: write the keys out".to_owned());
            }
            None => problem.help = Some(format!("the keys here are {}", listed(&keys))),
        }
    }

    /// The value at the key of `field`; reports it as missing if it is required.
    pub(crate) fn key<T: FromNode>(&mut self, node: &Node, field: &str, noun: &str) -> Option<T> {
        match node.entries().iter().find(|entry| is_key_of(field, &entry.key)) {
            Some(entry) => T::from_node(&entry.value, self),
            None => T::absent().or_else(|| {
                let key = key_of(field);
                let problem = self.report(Code::KEY_MISSING, node.head(), format!("key `{key}` is missing in {noun}"));
                problem.help = Some(format!("add `{key}:` ({})", T::WORD));
                None
            }),
        }
    }

    /// Reports a word that is not one of `allowed`.
    pub(crate) fn not_allowed(&mut self, code: Code, node: &Node, noun: &str, word: &str, allowed: &[&str]) {
        // A version is no misspelling of another.
        let near = nearest(word, allowed.iter().copied()).filter(|_| code != Code::DOCUMENT_KIND);
        let help = match (near, allowed) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [only]) => format!("write `{only}`"),
            (None, allowed) => format!("it is one of {}", listed(allowed)),
        };
        let problem = self.report(code, node.span, format!("`{}` is not {noun} that Weft reads", clipped(word)));
        problem.help = Some(help);
    }
}

/// The word of `among` that is most like `word`, if one is like it at all.
pub(crate) fn nearest<'w>(word: &str, among: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > GUESS_BYTES_MAX {
        return None;
    }
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let wanted = plain(word);
    among
        .map(|other| {
            let folded = plain(other);
            let score = if folded == wanted { 1.0 } else { strsim::normalized_damerau_levenshtein(&folded, &wanted) };
            (score, other)
        })
        .filter(|(score, _)| *score >= 0.67)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other)
}

/// `a`, `b` and `c`.
pub(crate) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let mut quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.pop() {
        None => String::new(),
        Some(only) if quoted.is_empty() => only,
        Some(last) => format!("{} and {last}", quoted.join(", ")),
    }
}

/// At most 80 characters of what an author wrote.
pub(crate) fn clipped(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

impl FromNode for String {
    const WORD: &'static str = "text";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

impl FromNode for bool {
    const WORD: &'static str = "true or false";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Boolean(flag) => Some(*flag),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

impl FromNode for i64 {
    const WORD: &'static str = "a whole number";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Integer(number) => Some(*number),
            // JSON Schema counts 3.0 as a whole number too.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

impl FromNode for f64 {
    const WORD: &'static str = "a number";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

impl<T: FromNode> FromNode for Option<T> {
    const WORD: &'static str = T::WORD;

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(T::from_node(node, reader))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: FromNode> FromNode for Box<T> {
    const WORD: &'static str = T::WORD;

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        T::from_node(node, reader).map(Box::new)
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    const WORD: &'static str = "a list";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            reader.wrong_type(node, Self::WORD);
            return None;
        };
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match T::from_node(item, reader) {
                Some(value) => read.push(value),
                None => {
                    reader.dropped.insert(item.span.start);
                }
            }
        }
        Some(read)
    }
}

/// Any value at all.
impl FromNode for serde_json::Value {
    const WORD: &'static str = "any value";

    fn from_node(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(json(node))
    }
}

pub(crate) fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(flag) => (*flag).into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Object(entries) => entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect(),
    }
}

/// An object with any keys.
impl FromNode for serde_json::Map<String, serde_json::Value> {
    const WORD: &'static str = "an object";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match json(node) {
            serde_json::Value::Object(map) => Some(map),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

/// A value that is neither a list nor an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl FromNode for Scalar {
    const WORD: &'static str = "a single value";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Null => Some(Scalar::Null),
            Value::Boolean(flag) => Some(Scalar::Boolean(*flag)),
            Value::Integer(number) => Some(Scalar::Integer(*number)),
            Value::Float(number) => Some(Scalar::Number(*number)),
            Value::Text(text) => Some(Scalar::Text(text.clone())),
            Value::List(_) | Value::Object(_) => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}
