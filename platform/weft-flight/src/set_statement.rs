//! `SET weft.as_of = '…'` and `SET weft.purpose = '…'`: the two statements that are a door's own.

/// A `SET` of one of Weft's variables, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetStatement {
    /// In lower case: `weft.as_of`.
    pub(crate) name: String,
    /// Absent for `DEFAULT`.
    pub(crate) value: Option<String>,
}

/// Reads `sql` if it is a `SET` of a variable `weft.…` to a string or `DEFAULT`. All else is the
/// engine's to judge.
pub(crate) fn parse(sql: &str) -> Option<SetStatement> {
    let rest = keyword(sql.trim(), "set")?;
    let name_end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))?;
    let (name, rest) = rest.split_at_checked(name_end)?;
    let name = name.to_ascii_lowercase();
    if !name.starts_with("weft.") {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').or_else(|| keyword(rest, "to"))?;
    let value = rest.trim_end().trim_end_matches(';').trim();
    if value.eq_ignore_ascii_case("default") {
        return Some(SetStatement { name, value: None });
    }
    let quoted = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let text = quoted.replace("''", "\u{0}");
    if text.contains('\'') {
        return None;
    }
    Some(SetStatement { name, value: Some(text.replace('\u{0}', "'")) })
}

/// What comes after the word and at least one space.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    let spaced = rest.starts_with(char::is_whitespace);
    (head.eq_ignore_ascii_case(word) && spaced).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: Option<(&str, Option<&str>)>) {
        let expected =
            expected.map(|(name, value)| SetStatement { name: name.to_owned(), value: value.map(str::to_owned) });
        assert_eq!(parse(sql), expected, "{sql}");
    }

    #[test]
    fn only_a_variable_of_weft_set_to_a_string_is_read() {
        check("SET weft.as_of = '2026-01-31T12:00:00Z'", Some(("weft.as_of", Some("2026-01-31T12:00:00Z"))));
        check("  set\n WEFT.Purpose to 'it''s mine' ; ", Some(("weft.purpose", Some("it's mine"))));
        check("set weft.purpose=''", Some(("weft.purpose", Some(""))));
        check("set weft.purpose = default", Some(("weft.purpose", None)));
        check("set weft.other = 'x'", Some(("weft.other", Some("x"))));
        for sql in [
            "set datafusion.execution.batch_size = '1'",
            "set weft.purpose = 1",
            "set weft.purpose = 'a'; drop table x; select 'b'",
            "set weft.purpose = 'a' || 'b'",
            "set weft.purpose",
            "set",
            "settle weft.purpose = 'a'",
            "select 1",
            "",
            "sé",
        ] {
            check(sql, None);
        }
    }
}
