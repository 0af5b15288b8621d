//! How a port's rows come about: the property `transform` of an output port, and its files.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use weft_model::{Code, Content, Contract, Diagnostic, ManifestTree, Place, SeedFormat, Transform};

use super::increments::Incremental;
use super::product::property_is_known;
use super::side_by_side::SWITCH;
use crate::form::yaml::Node;
use crate::form::{self, Document, FromNode, Reader, Step};
use crate::odps::{DataProductDocument, OutputPort};
use crate::weft_properties::{FileFormat, SeedProperty, SourceProperty, TransformKind, TransformProperty};

const PORT_PROPERTIES: &[&str] = &["transform", "schedule", "resources", "featureView", "quarantine", SWITCH];

/// The transform of the port at `index`, which is offered under `contract`. `None` where it cannot be read, which is
/// reported.
pub(super) fn read(
    tree: &ManifestTree,
    folder: &str,
    document: &Document<DataProductDocument>,
    (index, port): (usize, &OutputPort),
    contract: Option<&Contract>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Transform> {
    let port_path = [Step::Key("outputPorts"), Step::Item(index)];
    let property_path = |i: usize, key: &'static str| {
        [&port_path[..], &[Step::Key("customProperties"), Step::Item(i), Step::Key(key)]].concat()
    };
    let properties = port.custom_properties.as_deref().unwrap_or_default();
    let mut found = None;
    for (i, property) in properties.iter().enumerate() {
        if property.vendor.as_deref() != Some("weft") {
            continue;
        }
        let place = document.place(&property_path(i, "property"));
        property_is_known(&property.property, PORT_PROPERTIES, place.clone(), problems);
        if property.property != "transform" {
            continue;
        }
        if found.is_some() {
            let message = format!("port `{}` has two transforms", port.name);
            problems.push(Diagnostic::error(Code::TRANSFORM_INVALID, place, message).help("keep one of the two"));
            continue;
        }
        found = document.node(&property_path(i, "value"));
    }
    let Some(node) = found else {
        let path = [&port_path[..], &[Step::Key("customProperties")]].concat();
        let is_dropped = document.has_errors && document.node(&path).is_some();
        if !is_dropped {
            problems.push(no_transform(document, &port_path, port));
        }
        return None;
    };
    let mut reader = Reader::new(&document.source, "Weft");
    let property = TransformProperty::from_node(node, &mut reader);
    let (found, _) = reader.finish();
    let is_sound = found.is_empty();
    problems.extend(found);
    let made = Making { tree, folder, document, port, node, contract }.transform(property?, problems);
    made.filter(|_| is_sound)
}

fn no_transform(document: &Document<DataProductDocument>, port_path: &[Step<'_>], port: &OutputPort) -> Diagnostic {
    let nameless = port.custom_properties.iter().flatten().position(|property| property.property == "transform");
    let (place, help) = match nameless {
        Some(i) => {
            let path = [port_path, &[Step::Key("customProperties"), Step::Item(i), Step::Key("property")]].concat();
            (document.place(&path), "add `vendor: weft` to the property")
        }
        None => (
            document.place(&[port_path, &[Step::Key("name")]].concat()),
            "add to its `customProperties`: `{property: transform, vendor: weft, value: {kind: full}}`",
        ),
    };
    let message = format!("port `{}` does not say how its rows come about", port.name);
    Diagnostic::error(Code::TRANSFORM_INVALID, place, message).help(help)
}

struct Making<'a> {
    tree: &'a ManifestTree,
    folder: &'a str,
    document: &'a Document<DataProductDocument>,
    port: &'a OutputPort,
    node: &'a Node,
    contract: Option<&'a Contract>,
}

impl Making<'_> {
    fn transform(&self, property: TransformProperty, problems: &mut Vec<Diagnostic>) -> Option<Transform> {
        self.keys_fit_the_kind(property.kind, problems);
        match property.kind {
            TransformKind::Seed => self.seed(property.seed.as_ref(), problems),
            TransformKind::Source => self.source(property.source, problems),
            TransformKind::Full => {
                self.sql(property.sql.as_deref(), problems).map(|(file, sql)| Transform::Full { file, sql })
            }
            TransformKind::View => {
                self.sql(property.sql.as_deref(), problems).map(|(file, sql)| Transform::View { file, sql })
            }
            TransformKind::Append | TransformKind::ByKey if self.node.get("source").is_some() => {
                self.files(&property, problems)
            }
            TransformKind::Append | TransformKind::ByKey | TransformKind::ByTime | TransformKind::Scd2 => {
                let query = self.sql(property.sql.as_deref(), problems)?;
                let place = |keys: &[&str]| self.place(keys);
                Incremental { contract: self.contract?, place: &place, problems }.make(&property, query)
            }
        }
    }

    fn keys_fit_the_kind(&self, kind: TransformKind, problems: &mut Vec<Diagnostic>) {
        let own: &[&str] = match kind {
            TransformKind::Seed => &["kind", "seed"],
            TransformKind::Source => &["kind", "source"],
            TransformKind::Full | TransformKind::View => &["kind", "sql"],
            TransformKind::Append => &["kind", "sql", "source"],
            TransformKind::ByKey => &["kind", "sql", "source", "key", "time", "deleteWhen"],
            TransformKind::ByTime => &["kind", "sql", "time"],
            TransformKind::Scd2 => &["kind", "sql", "key", "time"],
        };
        let fields = TransformProperty::KEYS.iter().map(|field| form::key_of(field)).collect::<Vec<_>>();
        for entry in self.node.entries() {
            if fields.contains(&entry.key) && !own.contains(&entry.key.as_str()) {
                let message = format!("a transform of kind `{}` has no `{}`", kind.as_str(), entry.key);
                problems.push(
                    Diagnostic::error(Code::TRANSFORM_INVALID, self.document.source.place(entry.key_span), message)
                        .help(format!("take `{}` out, or choose another kind", entry.key)),
                );
            }
        }
    }

    fn sql(&self, written: Option<&str>, problems: &mut Vec<Diagnostic>) -> Option<(String, String)> {
        let by_port = format!("transforms/{}.sql", self.port.name);
        let path = self.path(written.unwrap_or(&by_port), &["sql"], problems)?;
        if self.tree.file(&path).is_none() {
            problems.push(
                Diagnostic::error(Code::FILE_MISSING, self.place(&["sql"]), format!("there is no file `{path}`"))
                    .help("write one SELECT into it, and commit it"),
            );
            return None;
        }
        let text = form::text_of(self.tree, &path, problems)?;
        Some((path, text.to_string()))
    }

    fn seed(&self, seed: Option<&SeedProperty>, problems: &mut Vec<Diagnostic>) -> Option<Transform> {
        let Some(seed) = seed else {
            if self.node.get("seed").is_none() {
                problems.push(
                    Diagnostic::error(
                        Code::TRANSFORM_INVALID,
                        self.place(&["kind"]),
                        "a seed names its file, and this does not",
                    )
                    .help("add `seed: {path: data/FILE.csv}`"),
                );
            }
            return None;
        };
        let path = self.path(&seed.path, &["seed", "path"], problems)?;
        let Some(entry) = self.tree.file(&path) else {
            problems.push(
                Diagnostic::error(
                    Code::FILE_MISSING,
                    self.place(&["seed", "path"]),
                    format!("there is no file `{path}`"),
                )
                .help("commit the file; the path is relative to the product's folder"),
            );
            return None;
        };
        let format = match seed.format {
            Some(FileFormat::Delta) => {
                problems.push(
                    Diagnostic::error(
                        Code::TRANSFORM_INVALID,
                        self.place(&["seed", "format"]),
                        "a seed is one file, and a Delta table is many",
                    )
                    .help("read the table by its URL, with `kind: source`"),
                );
                return None;
            }
            Some(format) => seed_format(format),
            // A word that is no format is told already.
            None if self.node.get("seed").is_some_and(|seed| seed.get("format").is_some()) => return None,
            None => match format_of_name(&path) {
                Some(format) => format,
                None => {
                    problems.push(
                        Diagnostic::error(
                            Code::TRANSFORM_INVALID,
                            self.place(&["seed", "path"]),
                            format!("the name of `{path}` does not tell the file's format"),
                        )
                        .help("add `format:`, one of `csv`, `json` and `parquet`"),
                    );
                    return None;
                }
            },
        };
        Some(Transform::Seed { path, format, content: entry.id.clone() })
    }

    fn source(&self, source: Option<SourceProperty>, problems: &mut Vec<Diagnostic>) -> Option<Transform> {
        let Some(source) = source else {
            if self.node.get("source").is_none() {
                problems.push(
                    Diagnostic::error(
                        Code::TRANSFORM_INVALID,
                        self.place(&["kind"]),
                        "a source names its URL, and this does not",
                    )
                    .help("add `source: {url: s3://BUCKET/PATH, format: parquet}`"),
                );
            }
            return None;
        };
        if !source.url.contains("://") {
            let message = format!("`{}` is not the URL of an object store", form::clipped(&source.url));
            problems
                .push(Diagnostic::error(Code::TRANSFORM_INVALID, self.place(&["source", "url"]), message).help(
                    "begin it with `s3://`, `gs://`, `az://` or `file://`; a file of the repository is a `seed`",
                ));
            return None;
        }
        let mut options = BTreeMap::new();
        for (key, value) in source.options.into_iter().flatten() {
            let text = match value {
                Json::String(text) => text,
                Json::Bool(flag) => flag.to_string(),
                Json::Number(number) => number.to_string(),
                Json::Null | Json::Array(_) | Json::Object(_) => {
                    problems.push(
                        Diagnostic::error(
                            Code::WRONG_TYPE,
                            self.place(&["source", "options"]),
                            format!("option `{}` must be a single value", form::clipped(&key)),
                        )
                        .help("write text, a number, or true or false"),
                    );
                    continue;
                }
            };
            options.insert(key, text);
        }
        Some(Transform::Source { url: source.url, format: seed_format(source.format), options })
    }

    /// Files that are taken once each.
    fn files(&self, property: &TransformProperty, problems: &mut Vec<Diagnostic>) -> Option<Transform> {
        let mut refuse = |key: &str, message: &str, help: &str| {
            problems.push(Diagnostic::error(Code::TRANSFORM_INVALID, self.place(&[key]), message).help(help));
            None
        };
        if self.node.get("sql").is_some() {
            return refuse("sql", "rows come from a query or from files, not from both", "take one of the two out");
        }
        let made = match self.source(property.source.clone(), problems)? {
            Transform::Source { format: SeedFormat::Delta, .. } => {
                let message = "a Delta table is no set of files that are taken once each";
                let help = "read it as a whole with `kind: source`";
                problems.push(
                    Diagnostic::error(Code::TRANSFORM_INVALID, self.place(&["source", "format"]), message).help(help),
                );
                return None;
            }
            Transform::Source { url, format, options } => (url, format, options),
            _ => return None,
        };
        let place = |keys: &[&str]| self.place(keys);
        Incremental { contract: self.contract?, place: &place, problems }.files(property, made)
    }

    /// The path from the repository's root of a path that is written relative to the product's folder.
    fn path(&self, written: &str, keys: &[&str], problems: &mut Vec<Diagnostic>) -> Option<String> {
        let mut refuse = |message: String, help: &str| {
            problems.push(Diagnostic::error(Code::PATH_OUTSIDE, self.place(keys), message).help(help));
            None
        };
        let shown = form::clipped(written);
        if written.starts_with('/') || written.contains(['\\', ':', '\0']) {
            return refuse(
                format!("`{shown}` is not a path within the product's folder"),
                "write it relative to the product's folder, with `/`",
            );
        }
        let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return refuse(format!("`{shown}` leaves the product's folder"), "move the file into the product's folder");
        }
        if parts.is_empty() {
            return refuse("the path is empty".to_owned(), "name a file of the product's folder");
        }
        let path = format!("{}{}", self.folder, parts.join("/"));
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let mut prefixes = ends.filter_map(|end| path.get(..end));
        if prefixes.any(|prefix| self.tree.file(prefix).is_some_and(|entry| entry.content == Content::Link)) {
            return refuse(
                format!("`{shown}` is a symbolic link and links are not followed"),
                "put the file itself there",
            );
        }
        Some(path)
    }

    fn place(&self, keys: &[&str]) -> Place {
        let mut node = self.node;
        for key in keys {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        self.document.source.place(node.head())
    }
}

fn seed_format(format: FileFormat) -> SeedFormat {
    match format {
        FileFormat::Csv => SeedFormat::Csv,
        FileFormat::Json => SeedFormat::Json,
        FileFormat::Parquet => SeedFormat::Parquet,
        FileFormat::Delta => SeedFormat::Delta,
    }
}

fn format_of_name(path: &str) -> Option<SeedFormat> {
    let name = path.strip_suffix(".gz").unwrap_or(path);
    match name.rsplit('.').next()? {
        "csv" => Some(SeedFormat::Csv),
        "json" | "jsonl" | "ndjson" => Some(SeedFormat::Json),
        "parquet" => Some(SeedFormat::Parquet),
        _ => None,
    }
}
