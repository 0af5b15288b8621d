//! YAML text → a small tree with byte spans, within bounds.
//!
//! The text comes from strangers. Bounds are checked while events stream in, before anything deep
//! or large is built, so that neither size nor depth nor aliases cost more than a moment.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr::Scalar as CoreScalar;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use weft_model::Code;
use weft_model::tree::TEXT_BYTES_MAX;

/// Deepest nesting of lists and objects that is read.
pub(crate) const DEPTH_MAX: usize = 64;
/// Most values that one document may hold, aliases counted as often as they are used.
pub(crate) const NODES_MAX: usize = 100_000;

/// Bytes `start..end` of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// One value of a document and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Entry>),
}

/// One key of an object with its value. Keys of one object differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// The entries of an object; none for any other value.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for any other value.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value at `key` of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text, if this is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A short stretch that stands for the whole: the first key of an object, else the value.
    pub(crate) fn head(&self) -> Span {
        match &self.value {
            Value::Object(entries) => entries.first().map_or(self.span, |entry| entry.key_span),
            Value::List(items) => items.first().map_or(self.span, Node::head),
            _ => self.span,
        }
    }

    fn extent(&self) -> (usize, usize) {
        let (mut nodes, mut depth) = (1, 1);
        let children: Box<dyn Iterator<Item = &Node>> = match &self.value {
            Value::List(items) => Box::new(items.iter()),
            Value::Object(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
            _ => return (1, 0),
        };
        for child in children {
            let (n, d) = child.extent();
            nodes += n;
            depth = depth.max(d + 1);
        }
        (nodes, depth)
    }
}

/// Something wrong with the text as YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlProblem {
    pub(crate) code: Code,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<&'static str>,
    /// The first of two equal keys.
    pub(crate) first: Option<Span>,
}

/// What a text holds: the tree, unless it could not be built, and every problem.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: Option<Node>,
    pub(crate) problems: Vec<YamlProblem>,
}

/// Reads one YAML document. Total, and bounded in time and memory whatever the text.
pub(crate) fn parse(text: &str) -> Parsed {
    if text.len() as u64 > TEXT_BYTES_MAX {
        let message = format!("the file has {} bytes and {TEXT_BYTES_MAX} are read at most", text.len());
        return Parsed { root: None, problems: vec![bounds(Span::default(), message)] };
    }
    let mut builder = Builder::new(text);
    let root = builder.run(text).unwrap_or_else(|problem| {
        builder.problems.push(*problem);
        None
    });
    Parsed { root, problems: builder.problems }
}

fn bounds(span: Span, message: String) -> YamlProblem {
    let help = Some("a manifest is small and flat; move data to a file of its own");
    YamlProblem { code: Code::DOCUMENT_BOUNDS, span, message, help, first: None }
}

type Stop = Box<YamlProblem>;

struct Builder {
    offsets: Offsets,
    stack: Vec<Frame>,
    anchors: HashMap<usize, (Node, usize, usize)>,
    nodes: usize,
    problems: Vec<YamlProblem>,
}

struct Frame {
    start: usize,
    anchor: usize,
    value: FrameValue,
}

enum FrameValue {
    List(Vec<Node>),
    Object { entries: Vec<Entry>, seen: HashMap<String, Span>, pending: Option<PendingKey> },
}

/// A key that waits for its value; without a text where the value is to be left out.
struct PendingKey {
    text: Option<String>,
    span: Span,
}

impl Builder {
    fn new(text: &str) -> Self {
        Builder {
            offsets: Offsets::of(text),
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            problems: Vec::new(),
        }
    }

    fn run(&mut self, text: &str) -> Result<Option<Node>, Stop> {
        let mut root = None;
        let mut documents = 0;
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax(text, &error))?;
            let span = Span { start: self.offsets.byte(span.start.index()), end: self.offsets.byte(span.end.index()) };
            let finished = match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Box::new(YamlProblem {
                            code: Code::YAML_SYNTAX,
                            span,
                            message: "a second document begins here and a manifest holds one".to_owned(),
                            help: Some("put each document into a file of its own"),
                            first: None,
                        }));
                    }
                    None
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.count(1, span)?;
                    let node = Node { span, value: resolve(text, style, tag.as_ref()) };
                    self.remember(anchor, &node, span)?;
                    Some(node)
                }
                Event::Alias(anchor) => Some(self.expand(anchor, span)?),
                Event::SequenceStart(anchor, _) => {
                    self.open(span, anchor, FrameValue::List(Vec::new()))?;
                    None
                }
                Event::MappingStart(anchor, _) => {
                    let value = FrameValue::Object { entries: Vec::new(), seen: HashMap::new(), pending: None };
                    self.open(span, anchor, value)?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => None,
            };
            if let Some(node) = finished
                && let Some(node) = self.attach(node)
            {
                root = Some(node);
            }
        }
        Ok(root)
    }

    fn syntax(&self, text: &str, error: &saphyr_parser::ScanError) -> Stop {
        let start = self.offsets.byte(error.marker().index());
        let rest = text.get(start..).unwrap_or("");
        let line_start = text.get(..start).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
        let tabbed = text.get(line_start..).unwrap_or("").trim_start_matches(' ').starts_with('\t');
        let length = rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        if error.info().contains("recursion limit") {
            // The parser's own guard, which brackets reach before ours counts them.
            return Box::new(YamlProblem {
                code: Code::DOCUMENT_BOUNDS,
                span: Span { start, end: start + length },
                message: "the document is nested too deeply".to_owned(),
                help: Some("a manifest needs no more than 64 levels"),
                first: None,
            });
        }
        Box::new(YamlProblem {
            code: Code::YAML_SYNTAX,
            span: Span { start, end: start + length },
            message: format!("this is not well-formed YAML: {}", error.info()),
            help: tabbed.then_some("indent with spaces: YAML does not allow tabs there"),
            first: None,
        })
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            let message = format!("the document expands to more than {NODES_MAX} values");
            return Err(Box::new(bounds(span, message)));
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node, span: Span) -> Result<(), Stop> {
        if anchor > 0 {
            let (nodes, depth) = node.extent();
            self.count(nodes, span)?;
            self.anchors.insert(anchor, (node.clone(), nodes, depth));
        }
        Ok(())
    }

    fn expand(&mut self, anchor: usize, span: Span) -> Result<Node, Stop> {
        let Some((_, nodes, depth)) = self.anchors.get(&anchor) else {
            return Err(Box::new(YamlProblem {
                code: Code::YAML_SYNTAX,
                span,
                message: "this alias stands within the value that it names".to_owned(),
                help: None,
                first: None,
            }));
        };
        let (nodes, depth) = (*nodes, *depth);
        self.count(nodes, span)?;
        self.bound_depth(self.stack.len() + depth, span)?;
        let mut node =
            self.anchors.get(&anchor).map(|(node, ..)| node.clone()).unwrap_or(Node { span, value: Value::Null });
        node.span = span;
        Ok(node)
    }

    fn bound_depth(&self, depth: usize, span: Span) -> Result<(), Stop> {
        if depth > DEPTH_MAX {
            return Err(Box::new(bounds(span, format!("the document nests deeper than {DEPTH_MAX} levels"))));
        }
        Ok(())
    }

    fn open(&mut self, span: Span, anchor: usize, value: FrameValue) -> Result<(), Stop> {
        self.count(1, span)?;
        self.bound_depth(self.stack.len() + 1, span)?;
        self.stack.push(Frame { start: span.start, anchor, value });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<Option<Node>, Stop> {
        let Some(frame) = self.stack.pop() else { return Ok(None) };
        let (value, last) = match frame.value {
            FrameValue::List(items) => {
                let last = items.last().map_or(0, |item| item.span.end);
                (Value::List(items), last)
            }
            FrameValue::Object { entries, .. } => {
                let last = entries.last().map_or(0, |entry| entry.value.span.end.max(entry.key_span.end));
                (Value::Object(entries), last)
            }
        };
        // A block's end mark stands at the next token, lines below; its last value ends it better.
        let is_flow = span.end > span.start;
        let end = if is_flow { span.end } else { last.max(frame.start) };
        let node = Node { span: Span { start: frame.start, end }, value };
        self.remember(frame.anchor, &node, span)?;
        Ok(Some(node))
    }

    /// Puts a finished value where it belongs; gives it back if it is the whole document.
    fn attach(&mut self, node: Node) -> Option<Node> {
        let Some(frame) = self.stack.last_mut() else { return Some(node) };
        match &mut frame.value {
            FrameValue::List(items) => items.push(node),
            FrameValue::Object { entries, seen, pending } => match pending.take() {
                None => {
                    let key = key_text(&node);
                    if key.is_none() {
                        self.problems.push(YamlProblem {
                            code: Code::WRONG_TYPE,
                            span: node.head(),
                            message: "a key must be text".to_owned(),
                            help: None,
                            first: None,
                        });
                    }
                    let text = key.filter(|key| match seen.get(key) {
                        None => true,
                        Some(first) => {
                            self.problems.push(YamlProblem {
                                code: Code::KEY_TWICE,
                                span: node.span,
                                message: format!("key `{key}` is written twice"),
                                help: Some("keep one of the two"),
                                first: Some(*first),
                            });
                            false
                        }
                    });
                    if let Some(text) = &text {
                        seen.insert(text.clone(), node.span);
                    }
                    *pending = Some(PendingKey { text, span: node.span });
                }
                Some(PendingKey { text: Some(key), span }) => {
                    entries.push(Entry { key, key_span: span, value: node });
                }
                Some(PendingKey { text: None, .. }) => {}
            },
        }
        None
    }
}

fn key_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::List(_) | Value::Object(_) => None,
    }
}

fn resolve(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>) -> Value {
    let written = text.clone();
    match CoreScalar::parse_from_cow_and_metadata(text, style, tag) {
        Some(CoreScalar::Null) => Value::Null,
        Some(CoreScalar::Boolean(flag)) => Value::Boolean(flag),
        Some(CoreScalar::Integer(number)) => Value::Integer(number),
        Some(CoreScalar::FloatingPoint(number)) if number.is_finite() => Value::Float(number.into_inner()),
        Some(CoreScalar::String(text)) => Value::Text(text.into_owned()),
        // JSON has no words for infinities, nor for a tag that does not fit its text.
        Some(CoreScalar::FloatingPoint(_)) | None => Value::Text(written.into_owned()),
    }
}

/// From characters, which the parser counts, to bytes.
enum Offsets {
    Ascii(usize),
    ByCharacter(Vec<usize>),
}

impl Offsets {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Offsets::Ascii(text.len());
        }
        Offsets::ByCharacter(text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        match self {
            Offsets::Ascii(length) => character.min(*length),
            Offsets::ByCharacter(bytes) => bytes.get(character).or(bytes.last()).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn written<'t>(text: &'t str, path: &[&str]) -> &'t str {
        let parsed = parse(text);
        let root = parsed.root.unwrap_or_else(|| panic!("{:?}", parsed.problems));
        let node = path.iter().fold(&root, |node, key| match key.parse::<usize>() {
            Ok(index) => &node.items()[index],
            Err(_) => node.get(key).unwrap(),
        });
        &text[node.span.start..node.span.end]
    }

    #[test]
    fn spans_are_bytes_of_the_text() {
        assert_eq!(written("a: b\n", &["a"]), "b");
        assert_eq!(written("ä: ö\n# ß\nc: [\u{1f600}, 'ñ x']\n", &["c", "1"]), "'ñ x'");
        assert_eq!(written("é: 1\r\nb: two\r\n", &["b"]), "two");
        assert_eq!(written("\u{feff}a: b\n", &["a"]), "b");
        assert_eq!(written("a:\n  b: 1\n  c: [1, 2]\nd: 3\n", &["a"]), "b: 1\n  c: [1, 2]");
        assert_eq!(written("a: {b: c}\n", &["a"]), "{b: c}");
        assert_eq!(written("- x\n- y: z\n", &["1", "y"]), "z");
    }

    #[test]
    fn scalars_follow_the_core_schema_and_dates_stay_text() {
        let parsed = parse("[1, 1.5, yes, true, ~, 2013-01-01, '1', 0x10, .inf, 1e3, '', ]");
        let values: Vec<Value> = parsed.root.unwrap().items().iter().map(|item| item.value.clone()).collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let expected = [
            Value::Integer(1),
            Value::Float(1.5),
            text("yes"),
            Value::Boolean(true),
            Value::Null,
            text("2013-01-01"),
            text("1"),
            Value::Integer(16),
            text(".inf"),
            Value::Float(1000.0),
            text(""),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn aliases_stand_for_what_they_name() {
        let parsed = parse("a: &x {b: 1}\nc: *x\n");
        let root = parsed.root.unwrap();
        assert_eq!(root.get("c").unwrap().get("b").unwrap().value, Value::Integer(1));
    }
}
