//! What is read under the words that stand on it now.

use std::borrow::Cow;

use weft_model::{Column, ColumnPart};

use crate::names::tags_of;
use crate::restrictions::type_within;

/// Stands on a column whose words were all taken away: as on one that never had any, a mask holds
/// until somebody classifies it.
const UNCLASSIFIED: &str = "unclassified";

/// The columns of a table as it was released, which also carry what `now` says of them.
///
/// A release keeps the words that it was made under. Whoever finds out later that a column is
/// personal marks it, and from then on that holds for every release, the oldest too. A word that is
/// taken away still holds for releases that have it.
pub(crate) fn reclassified<'c>(released: &'c [Column], now: &[Column]) -> Cow<'c, [Column]> {
    if released == now || now.is_empty() {
        return Cow::Borrowed(released);
    }
    let with_words = |column: &Column| match now.iter().find(|of_now| of_now.name == column.name) {
        Some(of_now) => joined(column, of_now),
        None => column.clone(),
    };
    Cow::Owned(released.iter().map(with_words).collect())
}

/// The same, which also carry what other versions of the port say of columns of these names: under one name rows of
/// an earlier version were released.
pub(crate) fn with_words_of<'c>(columns: Cow<'c, [Column]>, others: &[&[Column]]) -> Cow<'c, [Column]> {
    if others.is_empty() {
        return columns;
    }
    let with_words = |column: &Column| {
        let same = others.iter().filter_map(|other| other.iter().find(|other| other.name == column.name));
        same.fold(column.clone(), |column, other| words_of_both(&column, other))
    };
    Cow::Owned(columns.iter().map(with_words).collect())
}

fn joined(released: &Column, now: &Column) -> Column {
    let mut column = words_of_both(released, now);
    if tags_of(now).next().is_none() && tags_of(released).next().is_some() {
        column.tags.push(UNCLASSIFIED.to_owned());
    }
    column
}

fn words_of_both(released: &Column, now: &Column) -> Column {
    let mut column = released.clone();
    column.tags.extend(tags_of(now).map(str::to_owned));
    for part in &now.parts {
        let words = part.classification.iter().chain(&part.tags).cloned();
        match column.parts.iter_mut().find(|known| known.path == part.path) {
            Some(known) => known.tags.extend(words),
            // A part that the release does not have cannot be masked there.
            None if type_within(&released.data_type, &part.path).is_some() => {
                let (path, tags) = (part.path.clone(), words.collect());
                column.parts.push(ColumnPart { path, classification: None, tags });
            }
            None => {}
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use weft_model::{DataType, Field};

    use super::*;
    use crate::sample::{column, with_part};

    fn words(columns: &[Column]) -> Vec<Vec<&str>> {
        columns.iter().map(|column| tags_of(column).collect()).collect()
    }

    #[test]
    fn a_word_of_today_stands_on_every_release() {
        let released = [column("a", &["public"]), column("b", &[]), column("gone", &["internal"])];
        let now = [column("b", &["pii.email"]), column("a", &["public", "personal"]), column("new", &["public"])];
        let found = reclassified(&released, &now);
        assert_eq!(words(&found), [vec!["public", "public", "personal"], vec!["pii.email"], vec!["internal"]]);
    }

    #[test]
    fn a_word_that_is_taken_away_leaves_the_column_unclassified_and_the_old_word_in_force() {
        let found = reclassified(&[column("a", &["public"])], &[column("a", &[])]).into_owned();
        assert_eq!(words(&found), [["public", UNCLASSIFIED]]);
        assert_eq!(reclassified(&[column("a", &["personal"])], &[column("a", &["public"])])[0].tags, ["public"]);
    }

    #[test]
    fn a_column_that_never_had_a_word_is_what_it_was_whatever_else_is_said_of_it() {
        let now = Column { required: true, ..column("a", &[]) };
        assert_eq!(words(&reclassified(&[column("a", &[])], &[now])), [Vec::<&str>::new()]);
    }

    #[test]
    fn words_within_a_column_count_where_the_release_has_the_part() {
        let street = Field { name: "street".to_owned(), data_type: DataType::String, nullable: true };
        let address = Column { data_type: DataType::Struct(vec![street]), ..column("address", &["public"]) };
        let now = with_part(with_part(address.clone(), "street", "pii.location"), "city", "pii.location");
        let found = reclassified(std::slice::from_ref(&address), &[now]).into_owned();
        let parts: Vec<_> = found[0].parts.iter().map(|part| (part.path.join("."), part.tags.clone())).collect();
        assert_eq!(parts, [("street".to_owned(), vec!["pii.location".to_owned()])]);
    }
}
