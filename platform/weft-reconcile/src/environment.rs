//! Where the mesh runs: values for the variables of manifests, asked for where a value is acted on.
//!
//! What is declared, planned, stored and shown holds the variables as written; a value exists only
//! while a source is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Tells the value of a variable; `None` if it has none.
type ValueOf = dyn Fn(&str) -> Option<String> + Send + Sync;

/// An environment that `mesh.yaml` may name, and the values that it gives variables.
#[derive(Clone, Default)]
pub struct Environment {
    name: Option<String>,
    value_of: Option<Arc<ValueOf>>,
}

impl Environment {
    /// The environment `name`. `value_of` is asked for no variable but those that `mesh.yaml` allows
    /// this environment.
    pub fn new(name: String, value_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Environment { name: Some(name), value_of: Some(Arc::new(value_of)) }
    }

    /// `text` with a value or default for each variable, where `allowed` lists the variables of each
    /// environment; else why there is none, which holds no value.
    pub(crate) fn resolve(&self, text: &str, allowed: &BTreeMap<String, BTreeSet<String>>) -> Result<String, String> {
        let allowed = self.name.as_ref().and_then(|name| allowed.get(name));
        let value_of = |variable: &str| {
            let is_allowed = allowed.is_some_and(|allowed| allowed.contains(variable));
            self.value_of.as_ref().filter(|_| is_allowed)?(variable)
        };
        weft_manifest::resolved(text, value_of).map_err(|variable| match (&self.name, allowed) {
            (None, _) => format!("variable `{variable}` has no value: the mesh was started without `--environment`"),
            (Some(name), None) => {
                format!("variable `{variable}` has no value: `mesh.yaml` names no environment `{name}`")
            }
            (Some(name), Some(allowed)) if !allowed.contains(&variable) => {
                format!("`mesh.yaml` does not allow environment `{name}` the variable `{variable}`")
            }
            (Some(name), Some(_)) => format!("variable `{variable}` is not set in environment `{name}`"),
        })
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> BTreeMap<String, BTreeSet<String>> {
        [("dev".to_owned(), BTreeSet::from(["BUCKET".to_owned(), "UNSET".to_owned()]))].into()
    }

    fn named(name: &str) -> Environment {
        Environment::new(name.to_owned(), |variable| (variable != "UNSET").then(|| format!("value of {variable}")))
    }

    #[test]
    fn only_what_the_environment_is_allowed_gets_a_value() {
        let told = |environment: Environment, text: &str| environment.resolve(text, &allowed());
        assert_eq!(told(named("dev"), "${BUCKET}, ${HOME:-none}").as_deref(), Ok("value of BUCKET, none"));
        for (environment, text) in [
            (named("dev"), "${HOME}"),
            (named("dev"), "${UNSET}"),
            (named("live"), "${BUCKET}"),
            (Environment::default(), "${BUCKET}"),
        ] {
            let told = told(environment, text);
            assert!(told.as_ref().is_err_and(|why| !why.contains("value of")), "{text}: {told:?}");
        }
    }
}
