//! Features that are asked for together: the property `features` of a product's root.

mod answer;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use weft_model::{Code, Diagnostic, FeaturePart, FeatureService, FeatureView, Place, PortName, PortRef, ProductRef};

use super::folders;
use super::product::Draft;
use crate::form::yaml::{Node, Value};
use crate::form::{Document, FromNode, Reader, Step, clipped, nearest};
use crate::odps::DataProductDocument;
use crate::rules::Scope;
use crate::weft_properties::{FeatureChoice, FeaturePartProperty, FeatureServiceProperty};
use answer::Answer;

const PROPERTY: &str = "features";
/// Most features of one service.
const FEATURES_MAX: usize = 1_000;
/// Most errors that are told of one product's services.
const PROBLEMS_MAX: usize = 50;

/// A service as it is written, and where.
type Written<'d> = (&'d Node, FeatureServiceProperty);

/// The services of a product's document in the order written. What has not the form of one is reported.
pub(super) fn written<'d>(
    document: &'d Document<DataProductDocument>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Written<'d>> {
    let mut services = Vec::new();
    let mut is_written = false;
    for (index, property) in document.value.custom_properties.iter().flatten().enumerate() {
        if property.vendor.as_deref() != Some("weft") || property.property != PROPERTY {
            continue;
        }
        let path = |key| [Step::Key("customProperties"), Step::Item(index), Step::Key(key)];
        if is_written {
            let place = document.place(&path("property"));
            let message = "the product has two lists of feature services";
            problems.push(Diagnostic::error(Code::NAME_TWICE, place, message).help("write all of them in one"));
            continue;
        }
        is_written = true;
        let Some(node) = document.node(&path("value")) else { continue };
        let mut reader = Reader::new(&document.source, "Weft");
        match &node.value {
            Value::List(items) => {
                for item in items {
                    let mut of_item = Reader::new(&document.source, "Weft");
                    let service = FeatureServiceProperty::from_node(item, &mut of_item);
                    let (told, _) = of_item.finish();
                    // Of a service that could be read in part, places in the text cannot be told.
                    services.extend(service.filter(|_| told.is_empty()).map(|service| (item, service)));
                    problems.extend(told);
                }
            }
            _ => reader.wrong_type(node, "a list"),
        }
        problems.extend(reader.finish().0);
    }
    services
}

/// Finds the features that each service of each product names. In a part of a mesh they may be elsewhere.
pub(super) fn resolve(drafts: &mut [Draft], (scope, is_part): (Scope, bool), problems: &mut Vec<Diagnostic>) {
    let has_services = |draft: &Draft| {
        let properties = draft.document.iter().flat_map(|document| document.value.custom_properties.iter().flatten());
        properties.filter(|it| it.vendor.as_deref() == Some("weft")).any(|it| it.property == PROPERTY)
    };
    if !drafts.iter().any(has_services) {
        return;
    }
    let mut told = Vec::new();
    let mesh = Mesh::of(drafts, problems, scope == Scope::Alone, is_part);
    let resolved: Vec<Vec<FeatureService>> = drafts.iter().map(|draft| services_of(draft, &mesh, &mut told)).collect();
    for (draft, services) in drafts.iter_mut().zip(resolved) {
        draft.features = services;
    }
    problems.extend(told);
}

/// Where features are looked for.
struct Mesh<'d> {
    drafts: BTreeMap<&'d ProductRef, &'d Draft>,
    in_trouble: BTreeSet<&'d ProductRef>,
    /// Only one product is here, and what it names is not looked for.
    is_alone: bool,
    is_part: bool,
}

impl<'d> Mesh<'d> {
    fn of(drafts: &'d [Draft], problems: &[Diagnostic], is_alone: bool, is_part: bool) -> Self {
        let folders = folders::with_errors(problems);
        let is_in_trouble =
            |draft: &&Draft| folders.contains(draft.file.strip_suffix(folders::PRODUCT_FILE).unwrap_or(&draft.file));
        let in_trouble = drafts.iter().filter(is_in_trouble).map(|draft| &draft.name).collect();
        Mesh { drafts: drafts.iter().map(|draft| (&draft.name, draft)).collect(), in_trouble, is_alone, is_part }
    }

    fn views(&self) -> impl Iterator<Item = (PortRef, &'d FeatureView)> {
        self.drafts.values().flat_map(|draft| {
            let outputs = draft.outputs.iter();
            outputs.filter_map(|output| Some((draft.name.port(&output.name), output.feature_view.as_ref()?)))
        })
    }
}

fn services_of(draft: &Draft, mesh: &Mesh<'_>, problems: &mut Vec<Diagnostic>) -> Vec<FeatureService> {
    let Some(document) = &draft.document else { return Vec::new() };
    let written = written(document, problems);
    let mut making =
        Making { draft, document, mesh, taken: BTreeMap::new(), unseen: BTreeSet::new(), problems: Vec::new() };
    let ports = document.value.output_ports.iter().flatten().map(|port| port.name.clone());
    let of_versions = draft.outputs.iter().filter_map(|output| output.major.as_ref()?.own_name());
    let ports = ports.chain(draft.offers.values().flatten().map(ToString::to_string));
    let ports = ports.chain(of_versions.map(String::from));
    making.taken.extend(ports.map(|port| (port, "is the name of a port of the product")));
    let mut services = Vec::new();
    for (node, service) in &written {
        services.extend(making.service(node, service));
    }
    problems.append(&mut making.problems);
    services
}

struct Making<'a> {
    draft: &'a Draft,
    document: &'a Document<DataProductDocument>,
    mesh: &'a Mesh<'a>,
    /// Names that a service cannot have, and why.
    taken: BTreeMap<String, &'static str>,
    /// Views that cannot be looked at, each told once.
    unseen: BTreeSet<PortRef>,
    problems: Vec<Diagnostic>,
}

/// Features of one view as one entry chooses them.
struct Choice<'a> {
    place: Place,
    view: PortRef,
    /// `None` where it cannot be looked at.
    found: Option<&'a FeatureView>,
    /// Columns and where they stand; `None` for all features.
    columns: Option<Vec<(String, Place)>>,
    keys: BTreeMap<String, String>,
    prefix: Option<String>,
}

impl<'a> Making<'a> {
    /// The service, as far as it could be found; what is wrong is reported.
    fn service(&mut self, node: &'a Node, service: &FeatureServiceProperty) -> Option<FeatureService> {
        let name = self.name(node, &service.name);
        let items = node.get("features").map(Node::items).unwrap_or_default();
        if items.is_empty() {
            let message = format!("feature service `{}` names no features", clipped(&service.name));
            self.refuse(
                self.place(node.get("features").unwrap_or(node)),
                message,
                "write `domain.product.port:column`",
            );
            return None;
        }
        if items.len() > FEATURES_MAX {
            self.problems.push(too_many(self.place(node)));
            return None;
        }
        let mut answer = Answer::new();
        let mut parts: Vec<FeaturePart> = Vec::new();
        let mut is_whole = true;
        for (item, choice) in items.iter().zip(&service.features) {
            if self.has_told_enough() {
                return None;
            }
            let choice = match choice {
                FeatureChoice::Text(text) => self.text(item, text),
                FeatureChoice::Part(part) => self.part(item, part),
            };
            let Some(choice) = choice else {
                is_whole = false;
                continue;
            };
            answer.add(&choice, &mut self.problems);
            if answer.is_too_long() {
                self.problems.push(too_many(choice.place));
                return None;
            }
            join(&mut parts, choice);
        }
        answer.tell_of_frame(&mut self.problems);
        let description = service.description.clone().unwrap_or_default();
        name.filter(|_| is_whole).map(|name| FeatureService { name, description, parts })
    }

    fn name(&mut self, node: &Node, written: &str) -> Option<PortName> {
        let place = self.place(node.get("name").unwrap_or(node));
        let name: PortName = match written.parse() {
            Ok(name) => name,
            Err(error) => {
                let error: weft_model::NameError = error;
                self.problems.push(
                    Diagnostic::error(Code::NAME_ILLEGAL, place, error.to_string())
                        .help("a feature service is called in SQL as a table is"),
                );
                return None;
            }
        };
        if let Some(other) = self.taken.insert(written.to_owned(), "is the name of another feature service") {
            self.problems.push(
                Diagnostic::error(Code::NAME_TWICE, place, format!("`{name}` {other}"))
                    .help("give the service a name of its own"),
            );
            return None;
        }
        Some(name)
    }

    /// `VIEW:COLUMN`, or `VIEW` for all of its features.
    fn text(&mut self, node: &'a Node, text: &str) -> Option<Choice<'a>> {
        let place = self.place(node);
        let (view, column) = text.split_once(':').map_or((text, None), |(view, column)| (view, Some(column)));
        let (view, found) = self.view(view, &place)?;
        let columns = column.map(|column| vec![(column.to_owned(), place.clone())]);
        self.are_features(&view, found, columns.iter().flatten())?;
        Some(Choice { place, view, found, columns, keys: BTreeMap::new(), prefix: None })
    }

    fn part(&mut self, node: &'a Node, part: &FeaturePartProperty) -> Option<Choice<'a>> {
        let place = self.place(node.get("view").unwrap_or(node));
        let (view, found) = self.view(&part.view, &place)?;
        let mut is_sound = true;
        let columns = part.features.as_ref().map(|columns| {
            let items = node.get("features").map(Node::items).unwrap_or_default();
            columns.iter().zip(items).map(|(column, item)| (column.clone(), self.place(item))).collect::<Vec<_>>()
        });
        if columns.as_ref().is_some_and(Vec::is_empty) {
            let at = self.place(node.get("features").unwrap_or(node));
            self.refuse(at, "this names no feature of the view".to_owned(), "leave `features` out for all of them");
            is_sound = false;
        }
        is_sound &= self.are_features(&view, found, columns.iter().flatten()).is_some();
        let keys = self.keys(node, part, &view, found);
        if let Some(prefix) = part.prefix.as_ref().filter(|prefix| prefix.parse::<PortName>().is_err()) {
            let at = self.place(node.get("prefix").unwrap_or(node));
            let message = format!("`{}` is no word that names can begin with", clipped(prefix));
            self.refuse(at, message, "write 1 to 63 of a-z, 0-9 and _, starting with a letter");
            is_sound = false;
        }
        let keys = keys.filter(|_| is_sound)?;
        Some(Choice { place, view, found, columns, keys, prefix: part.prefix.clone() })
    }

    fn keys(
        &mut self,
        node: &Node,
        part: &FeaturePartProperty,
        view: &PortRef,
        found: Option<&FeatureView>,
    ) -> Option<BTreeMap<String, String>> {
        let mut keys = BTreeMap::new();
        let mut is_sound = true;
        for (column, value) in part.keys.iter().flatten() {
            let written = node.get("keys").and_then(|keys| keys.get(column));
            let at = self.place(written.or(node.get("keys")).unwrap_or(node));
            if let Some(found) = found.filter(|found| !found.entity.contains(column)) {
                let names = crate::form::listed(&found.entity);
                let message = format!("`{}` is no part of the entity of `{view}`, which is {names}", clipped(column));
                self.refuse(at, message, "write `COLUMN OF THE VIEW: COLUMN OF THE FRAME`");
                is_sound = false;
                continue;
            }
            match value {
                Json::String(text) if !text.trim().is_empty() => {
                    keys.insert(column.clone(), text.clone());
                }
                _ => {
                    let message = format!("this is not the name of a column, by which `{}` is found", clipped(column));
                    self.refuse(at, message, "write `COLUMN OF THE VIEW: COLUMN OF THE FRAME`");
                    is_sound = false;
                }
            }
        }
        is_sound.then_some(keys)
    }

    /// Whether these columns are features of the view, as far as it can be told.
    fn are_features<'c>(
        &mut self,
        view: &PortRef,
        found: Option<&FeatureView>,
        columns: impl Iterator<Item = &'c (String, Place)>,
    ) -> Option<()> {
        let Some(found) = found else { return Some(()) };
        let others = |column: &String| {
            found.entity.contains(column) || found.event_time == *column || found.created_time.as_ref() == Some(column)
        };
        let mut is_sound = true;
        for (column, place) in columns.filter(|(column, _)| !found.features.contains(column)) {
            let (message, help) = match nearest(column, found.features.iter().map(String::as_str)) {
                _ if others(column) => (
                    format!("`{column}` says of `{view}` whose rows they are or when they held, and is no feature"),
                    "take it out: what rows are found by comes with the frame".to_owned(),
                ),
                Some(near) => {
                    (format!("`{view}` has no feature `{}`", clipped(column)), format!("did you mean `{near}`?"))
                }
                None => (
                    format!("`{view}` has no feature `{}`", clipped(column)),
                    format!(
                        "its features are {}",
                        crate::form::listed(found.features.get(..12).unwrap_or(&found.features))
                    ),
                ),
            };
            self.refuse(place.clone(), message, &help);
            is_sound = false;
            if self.has_told_enough() {
                break;
            }
        }
        is_sound.then_some(())
    }

    /// The view that is called so here; `None` where there is none, which is reported.
    fn view(&mut self, written: &str, place: &Place) -> Option<(PortRef, Option<&'a FeatureView>)> {
        let own = || written.parse::<PortName>().map(|port| self.draft.name.port(&port));
        let parsed = if written.contains('.') { written.parse::<PortRef>() } else { own() };
        let view = match parsed {
            Ok(view) => view,
            Err(error) => {
                let error: weft_model::NameError = error;
                self.refuse(place.clone(), error.to_string(), "write `domain.product.port:column`");
                return None;
            }
        };
        let product = view.product_ref();
        let draft = self.mesh.drafts.get(&product).copied();
        let output = draft.and_then(|draft| draft.outputs.iter().find(|output| output.name == view.port));
        if let Some(found) = output.and_then(|output| output.feature_view.as_ref()) {
            return Some((view, Some(found)));
        }
        let own = product == self.draft.name;
        match draft {
            Some(_) if own && self.mesh.in_trouble.contains(&product) => Some((view, None)),
            Some(_) if self.mesh.in_trouble.contains(&product) => {
                let message =
                    format!("`{view}` belongs to a product that has errors, so its features were not looked at");
                let help = "mend that product first: this one goes on with what it names";
                Some(self.unseen(view, Diagnostic::warning(Code::INPUT_BROKEN, place.clone(), message).help(help)))
            }
            _ if self.mesh.is_alone && output.is_none() => Some((view, None)),
            None if self.mesh.is_part => {
                let message = format!("no domain that is here has `{view}`, so its features were not looked at");
                let help = "`weft plan` on the whole mesh says whether another domain does";
                Some(self.unseen(view, Diagnostic::warning(Code::DOMAIN_UNSEEN, place.clone(), message).help(help)))
            }
            _ if output.is_some() => {
                let help = match own {
                    true => "add the property `featureView` to the port".to_owned(),
                    false => format!("whoever owns `{product}` can add the property `featureView` to the port"),
                };
                self.refuse(place.clone(), format!("`{view}` is no feature view"), &help);
                None
            }
            _ => {
                let views: Vec<String> = self.mesh.views().map(|(view, _)| view.to_string()).collect();
                let help = match nearest(&view.to_string(), views.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name a port with a `featureView`, as `domain.product.port`".to_owned(),
                };
                self.refuse(place.clone(), format!("the mesh has no port `{view}`"), &help);
                None
            }
        }
    }

    fn unseen(&mut self, view: PortRef, problem: Diagnostic) -> (PortRef, Option<&'a FeatureView>) {
        if self.unseen.insert(view.clone()) {
            self.problems.push(problem);
        }
        (view, None)
    }

    fn has_told_enough(&self) -> bool {
        self.problems.iter().filter(|problem| problem.is_error()).count() >= PROBLEMS_MAX
    }

    fn place(&self, node: &Node) -> Place {
        self.document.source.place(node.head())
    }

    fn refuse(&mut self, place: Place, message: String, help: &str) {
        self.problems.push(Diagnostic::error(Code::FEATURE_SERVICE, place, message).help(help));
    }
}

fn too_many(place: Place) -> Diagnostic {
    let message = format!("the service has more than {FEATURES_MAX} features");
    Diagnostic::error(Code::DOCUMENT_BOUNDS, place, message).help("make several services of it")
}

/// Features of one view that are found and called alike are one part, wherever they stand.
fn join(parts: &mut Vec<FeaturePart>, choice: Choice<'_>) {
    let features: Vec<String> = choice.columns.into_iter().flatten().map(|(column, _)| column).collect();
    let is_alike =
        |part: &&mut FeaturePart| part.view == choice.view && part.keys == choice.keys && part.prefix == choice.prefix;
    match parts.iter_mut().find(is_alike) {
        // One of them is all there are, and no other can stand beside it.
        Some(part) if part.features.is_empty() || features.is_empty() => part.features.clear(),
        Some(part) => part.features.extend(features),
        None => parts.push(FeaturePart { view: choice.view, features, keys: choice.keys, prefix: choice.prefix }),
    }
}
