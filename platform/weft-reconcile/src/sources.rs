//! What lies at sources: looked at before a plan is made, so that the plan itself asks nobody.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use futures::future::join_all;
use weft_engine::Intake;
use weft_model::{Code, DataProduct, Declared, Diagnostic, OutputPort, Place, SeedFormat, Transform};
use weft_storage::{Listing, list_source};

use crate::Known;
use crate::build::Unbuilt;
use crate::controller::Controller;
use crate::due::to_look_at;

/// How many sources are looked at at once.
const AT_ONCE: usize = 8;
/// Longest time that a store may take to tell what it holds.
const LOOKING_MAX: Duration = Duration::from_secs(300);

/// The variables that each environment may give a value.
type Environments = BTreeMap<String, BTreeSet<String>>;

/// Where a source lies, with the values of its variables.
pub(crate) struct Source {
    pub(crate) url: String,
    pub(crate) format: SeedFormat,
    pub(crate) options: HashMap<String, String>,
}

impl Controller {
    /// Looks at the sources of ports that are brought up to date by a clock and whose time has come. Tells of those
    /// that cannot be looked at; their ports stay as they are.
    pub(crate) async fn look_at_sources(&self, declared: &Declared, known: &mut Known) -> Vec<Diagnostic> {
        let wanted: Vec<_> = to_look_at(declared, known).collect();
        let mut told = Vec::new();
        for some in wanted.chunks(AT_ONCE) {
            let looks = some.iter().map(|(_, output)| self.look_at(&output.transform, &declared.environments));
            for ((product, output), looked) in some.iter().zip(join_all(looks.collect::<Vec<_>>()).await) {
                match looked {
                    Ok(listing) => drop(known.sources.insert(product.port_ref(output), listing)),
                    Err(why) => {
                        let told_now = unseen(product, output, why);
                        tracing::warn!(code = %told_now.code, "{}", told_now.message);
                        told.push(told_now);
                    }
                }
            }
        }
        told
    }

    /// What lies at the source of `transform`.
    pub(crate) async fn look_at(&self, transform: &Transform, environments: &Environments) -> Result<Listing, Unbuilt> {
        let source = self.source_of(transform, environments)?;
        let listing = list_source(&source.url, source.format, &source.options, &self.parts.sources);
        match tokio::time::timeout(LOOKING_MAX, listing).await {
            Ok(Ok(listing)) => Ok(listing),
            Ok(Err(error)) if holds_values(transform) => Err(unreadable_source(transform, error.code())),
            Ok(Err(error)) => Err(Unbuilt::failed(error.code(), error)),
            Err(_) => {
                let seconds = LOOKING_MAX.as_secs();
                Err(Unbuilt::failed(Code::STORE_UNAVAILABLE, format!("the store did not answer within {seconds} s")))
            }
        }
    }

    /// The source of `transform` as an intake of its whole.
    pub(crate) fn intake_of(&self, transform: &Transform, environments: &Environments) -> Result<Intake, Unbuilt> {
        let Source { url, format: kind, options } = self.source_of(transform, environments)?;
        Ok(Intake::Url { url, kind, options, limits: self.parts.sources.clone() })
    }

    fn source_of(&self, transform: &Transform, environments: &Environments) -> Result<Source, Unbuilt> {
        let Some((url, format, options)) = transform.source() else {
            return Err(Unbuilt::failed(Code::INTERNAL, "a query is no source"));
        };
        let resolve = |text: &str| {
            let resolved = self.environment.resolve(text, environments);
            resolved.map_err(|why| Unbuilt::failed(Code::VARIABLE_NOT_ALLOWED, why))
        };
        let options = options.iter().map(|(key, value)| Ok((key.clone(), resolve(value)?)));
        let options = options.collect::<Result<HashMap<_, _>, Unbuilt>>()?;
        Ok(Source { url: resolve(url)?, format, options })
    }
}

/// Whether a source is reached by values of variables. What stores and readers say of it may hold them, and is neither
/// told nor logged.
pub(crate) fn holds_values(transform: &Transform) -> bool {
    transform.source().is_some_and(|(url, _, options)| {
        std::iter::once(url).chain(options.values().map(String::as_str)).any(|text| text.contains("${"))
    })
}

/// What is told of a source of which nothing may be told.
pub(crate) fn unreadable_source(transform: &Transform, code: Code) -> Unbuilt {
    let url = transform.source().map_or("", |(url, ..)| url);
    let text =
        format!("the source `{url}` cannot be read; why is not told, since it is reached by values of variables");
    Unbuilt::failed(code, text)
}

fn unseen(product: &DataProduct, output: &OutputPort, why: Unbuilt) -> Diagnostic {
    let port = product.port_ref(output);
    let message =
        format!("what lies at the source of `{port}` cannot be told, so the port stays as it is: {}", why.message);
    Diagnostic::warning(why.code, Place::start_of(&product.file), message)
        .help("it is looked at again in a minute; check the address and whether the store answers")
}
