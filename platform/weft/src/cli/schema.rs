//! `weft schema KIND`: the JSON Schema of a kind of file.

use super::{Failure, terminal};
use crate::config;

const CONFIG: &str = "config";

pub(super) fn schema(kind: &str) -> Result<(), Failure> {
    let found = weft_manifest::schema(kind)
        .or_else(|| weft_governance::schema(kind))
        .or_else(|| (kind == CONFIG).then(config::schema));
    let Some(found) = found else {
        return Err(Failure::usage(format!("there is no kind of file called `{kind}`"))
            .help(format!("the kinds are {}", kinds().join(", "))));
    };
    // A value made of strings and maps always has a text.
    terminal::print(&format!("{found:#}\n"))
}

fn kinds() -> Vec<&'static str> {
    weft_manifest::SCHEMA_KINDS.iter().chain(weft_governance::SCHEMA_KINDS).copied().chain([CONFIG]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema_and_no_kind_is_named_twice() {
        let mut kinds = kinds();
        for kind in &kinds {
            assert!(schema(kind).is_ok(), "{kind}");
        }
        let all = kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), all);
    }
}
