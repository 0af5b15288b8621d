//! Reading one port: which of its columns are open, and on what terms.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use weft_model::{Action, Column, PortRef};

use crate::decider::DeciderError;
use crate::names::{column_term, expanded, tags_of, tags_within};
use crate::restrictions::{self, Asked, Exemption};
use crate::row_condition::Circumstances;
use crate::snapshot::{Asker, PolicySnapshot};
use crate::{AccessRequest, Decision, Imposed, Obligation, PolicyLine};

/// The questions that reading one port comes down to, each put to casbin once.
///
/// Columns of which no row speaks by name get the port's answer, as far as they carry the same of the
/// tags that rows ask for: so a table of hundreds of columns takes a handful of decisions.
pub(crate) struct Reading<'s> {
    snapshot: &'s PolicySnapshot,
    asker: &'s Asker,
    port: &'s PortRef,
    /// The port as policies write it.
    term: String,
    tags: BTreeSet<String>,
    are_tags_known: bool,
    circumstances: Circumstances<'s>,
    /// Tags that rows ask for, by object and action.
    asked_for: HashMap<(String, Action), BTreeSet<&'s str>>,
    answers: HashMap<(String, Action, BTreeSet<String>), Decision>,
    lifted: Vec<Lifted>,
}

/// A column that is not open, and the line that says so.
pub(crate) type Hidden = (String, PolicyLine);

/// A restriction that does not hold for the asker.
pub(crate) struct Lifted {
    /// The column that it masks, or names downwards for a part of one; `None` where it is about rows.
    pub(crate) path: Option<Vec<String>>,
    pub(crate) restriction: PolicyLine,
    /// The lines that exempt from it.
    pub(crate) because: Vec<PolicyLine>,
}

impl<'s> Reading<'s> {
    pub(crate) fn new(
        snapshot: &'s PolicySnapshot,
        asker: &'s Asker,
        port: &'s PortRef,
        circumstances: Circumstances<'s>,
    ) -> Self {
        let tags = snapshot.port_tags(port);
        Reading {
            snapshot,
            asker,
            port,
            term: snapshot.term_of(port),
            are_tags_known: tags.is_some(),
            tags: tags.cloned().unwrap_or_default(),
            circumstances,
            asked_for: HashMap::new(),
            answers: HashMap::new(),
            lifted: Vec::new(),
        }
    }

    /// The restrictions that [`terms`](Self::terms) came upon and that do not hold for the asker.
    pub(crate) fn lifted(self) -> Vec<Lifted> {
        self.lifted
    }

    /// Whether rows open the port or some of `columns`, and which of these stay hidden. A port none of
    /// whose columns is open is a deny.
    pub(crate) fn open(&mut self, columns: &[Column]) -> Result<(Decision, Vec<Hidden>), DeciderError> {
        let port = self.ask(None, Action::Read, &self.tags.clone())?;
        let is_denied = !port.is_allowed() && !port.because().is_empty();
        if is_denied || columns.is_empty() || !self.do_columns_differ(columns, Action::Read) {
            return Ok((port, Vec::new()));
        }
        let mut hidden = Vec::new();
        let mut opening = BTreeSet::new();
        for column in columns {
            let answer = self.ask_column(column)?;
            if answer.is_allowed() {
                opening.extend(answer.because().iter().cloned());
            } else {
                let unopened = || PolicyLine { place: None, text: "no policy line opens the column".into() };
                hidden.push((column.name.clone(), answer.because().first().cloned().unwrap_or_else(unopened)));
            }
        }
        let decision = if hidden.len() == columns.len() {
            let denying: BTreeSet<PolicyLine> =
                hidden.iter().map(|(_, line)| line).filter(|line| line.place.is_some()).cloned().collect();
            Decision::denied_by(denying.into_iter().collect())
        } else if port.is_allowed() {
            port
        } else {
            Decision::allowed_by(opening.into_iter().collect())
        };
        Ok((decision, hidden))
    }

    /// The whole decision on reading a table of `columns`.
    pub(crate) fn terms(&mut self, request: &AccessRequest<'_>, columns: &[Column]) -> Decision {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, object = %request.object, "a decision failed");
            Decision::deny(format!("the decision failed, which denies: {error}"))
        };
        let (decision, hidden) = match self.open(columns) {
            Ok(opened) => opened,
            Err(error) => return failed(&error),
        };
        if !decision.is_allowed() {
            return decision;
        }
        let (mesh, product) = self.snapshot.restrictions_for(self.port);
        if !self.are_tags_known && (mesh.is_some() || product.is_some()) {
            return Decision::deny("there are restrictions, and the tags of the port are not known");
        }
        let tags = self.tags.clone();
        let versions = self.snapshot.columns_of_versions(self.port);
        let asked = Asked {
            principal: request.principal,
            at: request.at,
            port: self.port,
            major: self.snapshot.major(self.port),
            versions: &versions,
            port_tags: &tags,
            columns,
        };
        let every_tag: BTreeSet<String> = {
            let within = columns.iter().flat_map(|column| tags_of(column).chain(tags_within(column)));
            tags.iter().cloned().chain(expanded(within)).collect()
        };
        let mut exempt = |exemption: &Exemption<'_>| -> Result<bool, String> {
            let (answer, path, by) = match exemption {
                Exemption::Unmask { path, tags, by } => {
                    let column = path.first().ok_or("a mask without a column")?;
                    let tags = expanded(tags.iter().map(String::as_str));
                    (self.ask(Some(column), Action::Unmask, &tags), Some(path.to_vec()), by)
                }
                // What a column carries can take the exemption away, and never gives it.
                Exemption::SeeAllRows { by } => {
                    let whole = self.ask(None, Action::SeeAllRows, &tags).and_then(|whole| {
                        if whole.is_allowed() { self.ask(None, Action::SeeAllRows, &every_tag) } else { Ok(whole) }
                    });
                    (whole, None, by)
                }
            };
            let decision = answer.map_err(|error| error.to_string())?;
            if decision.is_allowed() {
                let because = decision.because().to_vec();
                self.lifted.push(Lifted { path, restriction: (*by).clone(), because });
            }
            Ok(decision.is_allowed())
        };
        let terms = match restrictions::terms(mesh, product, &asked, &mut exempt) {
            Ok(terms) => terms,
            Err(error) => return failed(&error),
        };
        let hidden: BTreeMap<String, PolicyLine> = hidden.into_iter().collect();
        let is_of_hidden = |imposed: &Imposed| match &imposed.obligation {
            Obligation::MaskColumn { path, .. } => path.first().is_some_and(|column| hidden.contains_key(column)),
            _ => false,
        };
        let mut imposed: Vec<Imposed> = terms.into_iter().filter(|imposed| !is_of_hidden(imposed)).collect();
        imposed.extend(
            hidden.into_iter().map(|(column, by)| Imposed { obligation: Obligation::HideColumn { column }, by }),
        );
        decision.on_terms(imposed)
    }

    /// Decides on one column by rows alone. A row that denies the port denies its columns.
    pub(crate) fn column(&mut self, column: &Column, action: Action) -> Result<Decision, DeciderError> {
        match action {
            Action::Read => self.ask_column(column),
            _ => {
                let tags = expanded(tags_of(column).chain(tags_within(column)));
                self.ask(Some(&column.name), action, &tags)
            }
        }
    }

    /// Places of the columns of a port that may be discovered of which a row denies that.
    pub(crate) fn unknown(&mut self, columns: &[Column]) -> Result<Vec<usize>, DeciderError> {
        let mut unknown = Vec::new();
        if self.do_columns_differ(columns, Action::Discover) {
            for (place, column) in columns.iter().enumerate() {
                let answer = self.column(column, Action::Discover)?;
                if !answer.is_allowed() && !answer.because().is_empty() {
                    unknown.push(place);
                }
            }
        }
        Ok(unknown)
    }

    /// A column is open if rows open it, and none denies what lies within.
    pub(crate) fn ask_column(&mut self, column: &Column) -> Result<Decision, DeciderError> {
        let mut own = self.tags.clone();
        own.extend(expanded(tags_of(column)));
        let mut answer = self.ask(Some(&column.name), Action::Read, &own)?;
        for part in &column.parts {
            if answer.is_allowed() {
                let mut tags = own.clone();
                tags.extend(expanded(part.classification.iter().chain(&part.tags).map(String::as_str)));
                let within = self.ask(Some(&column.name), Action::Read, &tags)?;
                answer = if within.is_allowed() { answer } else { within };
            }
        }
        Ok(answer)
    }

    /// Whether a column could be decided otherwise than the port.
    fn do_columns_differ(&mut self, columns: &[Column], action: Action) -> bool {
        let term = self.term.clone();
        let is_named = |column: &Column| self.snapshot.names(&column_term(&term, &column.name));
        columns.iter().any(is_named) || !self.asked_for(term, action).is_empty()
    }

    fn asked_for(&mut self, object: String, action: Action) -> &BTreeSet<&'s str> {
        let (snapshot, asker) = (self.snapshot, self.asker);
        let tags = |key: &(String, Action)| snapshot.tags_asked_for(asker, &key.0, key.1);
        self.asked_for.entry((object, action)).or_insert_with_key(tags)
    }

    /// Asks about the port or one of its columns, which carries `tags` (expanded).
    fn ask(&mut self, column: Option<&str>, action: Action, tags: &BTreeSet<String>) -> Result<Decision, DeciderError> {
        let named = column.map(|column| column_term(&self.term, column)).filter(|term| self.snapshot.names(term));
        let object = named.unwrap_or_else(|| self.term.clone());
        let asked_for = self.asked_for(object.clone(), action);
        let telling: BTreeSet<String> = tags.iter().filter(|tag| asked_for.contains(tag.as_str())).cloned().collect();
        let key = (object, action, telling);
        if let Some(known) = self.answers.get(&key) {
            return Ok(known.clone());
        }
        let tags = self.are_tags_known.then_some(&key.2);
        let answer = self.snapshot.consult(self.asker, &key.0, action, tags, self.circumstances)?;
        self.answers.insert(key, answer.clone());
        Ok(answer)
    }
}
