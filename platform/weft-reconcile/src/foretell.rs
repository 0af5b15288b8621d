//! What the outbox is told of a revision's changes before they are made, for the readers that they concern.

use std::collections::BTreeSet;

use weft_catalog::{Foreseen, Foretold};
use weft_manifest::compatibility::supported_until;
use weft_model::Declared;
use weft_model::compatibility::Rule;

use crate::consumers::Consumer;
use crate::review::{Review, ReviewedChange, Verdict};

/// What readers should hear of, in order of the reviews: first what breaks them, then what ends.
pub(crate) fn foretell(reviews: &[Review], declared: &Declared) -> Vec<Foretold> {
    let breaking = reviews.iter().filter_map(|review| {
        let changes: Vec<&ReviewedChange> = review.changes.iter().filter(|change| change.change.breaks()).collect();
        let is_refused = review.verdict == Verdict::Refused;
        told(review, &changes, |changes| Foreseen::Breaking { changes, is_refused })
    });
    let ending = reviews.iter().filter(|review| review.verdict != Verdict::Refused).filter_map(|review| {
        let ends = |change: &&ReviewedChange| matches!(change.change.rule, Rule::Deprecated | Rule::EndsEarlier);
        let changes: Vec<&ReviewedChange> = review.changes.iter().filter(ends).collect();
        told(review, &changes, |_| Foreseen::Deprecated { until: until(review, declared) })
    });
    breaking.chain(ending).collect()
}

fn told(
    review: &Review,
    changes: &[&ReviewedChange],
    foreseen: impl FnOnce(Vec<String>) -> Foreseen,
) -> Option<Foretold> {
    if changes.is_empty() {
        return None;
    }
    let consumers: BTreeSet<String> = changes.iter().flat_map(|change| &change.consumers).map(name).collect();
    let mut names: Vec<String> = changes.iter().map(|change| change.name.clone()).collect();
    names.dedup();
    Some(Foretold {
        port: review.port.clone(),
        from: review.from.to_string(),
        to: review.to.to_string(),
        foreseen: foreseen(names),
        consumers: consumers.into_iter().collect(),
    })
}

fn name(consumer: &Consumer) -> String {
    match consumer {
        Consumer::Product { product, .. } => product.to_string(),
        Consumer::Observed { principal, .. } => principal.clone(),
    }
}

/// The last day on which the contract as the revision has it is supported.
fn until(review: &Review, declared: &Declared) -> Option<String> {
    let product = declared.products.iter().find(|product| product.name == review.port.product_ref())?;
    let end = supported_until(&product.output(&review.port.port)?.contract.document)?;
    Some(end.to_string())
}

#[cfg(test)]
mod tests {
    use weft_model::Revision;
    use weft_model::compatibility::{Change, Sign, Subject};

    use super::*;

    fn review(verdict: Verdict, rules: &[Rule]) -> Review {
        let change = |rule: &Rule| ReviewedChange {
            name: "lines.gate type".into(),
            change: Change::new(*rule, Sign::Removed, Subject { table: Some("lines".into()), ..Subject::default() }),
            since: semver::Version::new(1, 0, 0),
            consumers: vec![Consumer::Product { product: "b.c".parse().unwrap(), owner: "team".into() }],
            overridden: None,
        };
        Review {
            port: "a.orders.lines".parse().unwrap(),
            from: semver::Version::new(1, 0, 0),
            to: semver::Version::new(2, 0, 0),
            verdict,
            refusals: Vec::new(),
            minimum_bump: None,
            changes: rules.iter().map(change).collect(),
        }
    }

    fn foretold(verdict: Verdict, rules: &[Rule]) -> Vec<Foreseen> {
        let declared = Declared::empty(Revision::new("rev1"));
        let told = foretell(&[review(verdict, rules)], &declared);
        assert!(told.iter().all(|told| told.consumers == ["b.c"]));
        told.into_iter().map(|told| told.foreseen).collect()
    }

    #[test]
    fn readers_hear_of_what_breaks_them_and_of_what_ends_and_of_nothing_else() {
        let changes = vec!["lines.gate type".to_owned()];
        let breaking = |is_refused| Foreseen::Breaking { changes: changes.clone(), is_refused };
        let ending = Foreseen::Deprecated { until: None };
        assert_eq!(foretold(Verdict::Breaking, &[Rule::VectorChanged]), [breaking(false)]);
        assert_eq!(foretold(Verdict::Refused, &[Rule::VectorChanged, Rule::Deprecated]), [breaking(true)]);
        assert_eq!(foretold(Verdict::Safe, &[Rule::Deprecated]), [ending]);
        assert_eq!(foretold(Verdict::Safe, &[]), []);
    }
}
