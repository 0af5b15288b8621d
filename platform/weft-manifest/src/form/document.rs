//! A document that was read: the typed value, and the way back from it to places in the text.

use std::collections::HashSet;
use std::sync::Arc;

use weft_model::{Code, Content, Diagnostic, ManifestTree, Place};

use super::yaml::{self, Node, Span};
use super::{FromNode, Reader, Spot};

/// The text of a file with an index of its lines.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    pub(crate) file: String,
    pub(crate) text: Arc<str>,
    line_starts: Vec<usize>,
    /// Characters before every [`BLOCK`]th byte, so that a column far along a line costs no more than another.
    characters: Vec<usize>,
}

const BLOCK: usize = 1024;
/// Most problems of YAML's own that are told of one file.
const PROBLEMS_MAX: usize = 200;
/// How far before a value its key is looked for.
const KEY_BYTES_MAX: usize = 200;

impl SourceText {
    pub(crate) fn new(file: &str, text: Arc<str>) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1));
        let line_starts = line_starts.collect();
        let mut characters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            characters.push(characters.last().copied().unwrap_or(0) + starts_of_characters(block));
        }
        SourceText { file: file.to_owned(), text, line_starts, characters }
    }

    /// The place of a stretch of this text.
    pub(crate) fn place(&self, span: Span) -> Place {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end.max(start));
        let (line, column) = self.line_and_column(start);
        let (end_line, end_column) = self.line_and_column(end);
        Place { file: self.file.clone(), line, column, end_line, end_column, bytes: (start, end) }
    }

    /// The text of a stretch, its first line only.
    pub(crate) fn written(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("").lines().next().unwrap_or("")
    }

    /// The key whose value starts at `start`, if it stands on the same line or the line before.
    pub(crate) fn key_before(&self, start: usize) -> Option<&str> {
        let from = self.text.floor_char_boundary(start.saturating_sub(KEY_BYTES_MAX));
        let before = self.text.get(from..start)?.trim_end();
        let key_end = before.strip_suffix(':')?.len();
        let line_start = before.get(..key_end)?.rfind(['\n', '{', ',']).map_or(0, |at| at + 1);
        let key = before.get(line_start..key_end)?.trim().trim_start_matches("- ").trim().trim_matches(['"', '\'']);
        (!key.is_empty() && key.len() <= 64 && !key.contains(char::is_whitespace)).then_some(key)
    }

    fn line_and_column(&self, offset: usize) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let line_start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.characters_before(offset) - self.characters_before(line_start) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let whole = self.characters.get(block).copied().unwrap_or(0);
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        whole + starts_of_characters(rest)
    }
}

/// How many characters begin in these bytes of UTF-8.
fn starts_of_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// A file of the tree as a typed document.
#[derive(Debug)]
pub(crate) struct Document<T> {
    pub(crate) source: SourceText,
    pub(crate) root: Node,
    pub(crate) value: T,
    /// Whether the form has errors: parts of the text may be missing from `value`.
    pub(crate) has_errors: bool,
    dropped: HashSet<usize>,
}

impl<T> Document<T> {
    /// The whole document, to be walked.
    pub(crate) fn spot(&self) -> Spot<'_> {
        Spot { source: &self.source, node: &self.root, dropped: &self.dropped }
    }

    /// The place of the value at `path`, or of the nearest value above it that is there.
    pub(crate) fn place(&self, path: &[Step<'_>]) -> Place {
        let mut node = &self.root;
        for (done, step) in path.iter().enumerate() {
            match self.step(node, step) {
                Some(next) => node = next,
                None if done == 0 => return self.source.place(self.root.head()),
                None => break,
            }
        }
        self.source.place(node.head())
    }

    /// The value at `path`. Items count as in the typed list: those that could not be read are
    /// not counted.
    pub(crate) fn node(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, step| self.step(node, step))
    }

    fn step<'n>(&self, node: &'n Node, step: &Step<'_>) -> Option<&'n Node> {
        match step {
            Step::Key(key) => node.get(key),
            Step::Item(index) => {
                node.items().iter().filter(|item| !self.dropped.contains(&item.span.start)).nth(*index)
            }
        }
    }
}

/// One step into a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'k> {
    Key(&'k str),
    Item(usize),
}

impl<'k> From<&'k str> for Step<'k> {
    fn from(key: &'k str) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Step::Item(index)
    }
}

/// What came of reading a file.
pub(crate) enum Opened {
    /// The tree of a well-formed text. Keys written twice are reported already.
    Tree { source: SourceText, root: Node, has_errors: bool },
    /// Nothing to go on; why is reported.
    Unreadable,
}

/// Takes the YAML text at `file` apart; reports whatever keeps it from being read.
pub(crate) fn open(tree: &ManifestTree, file: &str, problems: &mut Vec<Diagnostic>) -> Opened {
    let Some(text) = text_of(tree, file, problems) else { return Opened::Unreadable };
    let source = SourceText::new(file, text);
    let parsed = yaml::parse(&source.text);
    let has_errors = !parsed.problems.is_empty();
    for problem in parsed.problems.into_iter().take(PROBLEMS_MAX) {
        let mut diagnostic = Diagnostic::error(problem.code, source.place(problem.span), problem.message);
        if let Some(first) = problem.first {
            let place = source.place(first);
            diagnostic.message = format!("{}, first at line {}", diagnostic.message, place.line);
            diagnostic = diagnostic.also(place, "first written here");
        }
        diagnostic.help = problem.help.map(str::to_owned);
        problems.push(diagnostic);
    }
    match parsed.root {
        Some(root) => Opened::Tree { source, root, has_errors },
        None if has_errors => Opened::Unreadable,
        None => {
            let place = Place::start_of(file);
            problems.push(
                Diagnostic::error(Code::WRONG_TYPE, place, "the file is empty")
                    .help("write the document, or delete the file"),
            );
            Opened::Unreadable
        }
    }
}

/// Reads the tree of a file as a `T`. `None` where a part without which there is no `T` is missing,
/// which is reported.
pub(crate) fn read<T: FromNode>(
    source: SourceText,
    root: Node,
    mut has_errors: bool,
    standard: &'static str,
    lenient: bool,
    problems: &mut Vec<Diagnostic>,
) -> Option<Document<T>> {
    let mut reader = Reader::new(&source, standard);
    reader.lenient = lenient;
    let value = T::from_node(&root, &mut reader);
    let (found, dropped) = reader.finish();
    has_errors |= !found.is_empty();
    problems.extend(found);
    Some(Document { source, root, value: value?, has_errors, dropped })
}

/// The text at `file`, or a diagnostic that says why there is none.
pub(crate) fn text_of(tree: &ManifestTree, file: &str, problems: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let entry = tree.file(file)?;
    let start = Place::start_of(file);
    let problem = match &entry.content {
        Content::Text(text) => return Some(Arc::clone(text)),
        Content::NotUtf8 { valid_up_to } => {
            Diagnostic::error(Code::NOT_UTF8, start, format!("the file is not UTF-8 from byte {valid_up_to} on"))
                .help("save the file as UTF-8")
        }
        Content::TooLarge => Diagnostic::error(
            Code::DOCUMENT_BOUNDS,
            start,
            format!("the file has {} bytes and {} are read at most", entry.size, weft_model::tree::TEXT_BYTES_MAX),
        )
        .help("a manifest is small and flat; move data to a file of its own"),
        Content::Link => {
            Diagnostic::error(Code::PATH_OUTSIDE, start, "the file is a symbolic link and links are not followed")
                .help("put the file itself here")
        }
        Content::Data => Diagnostic::error(Code::WRONG_TYPE, start, "the file holds data where a text is wanted"),
    };
    problems.push(problem);
    None
}
