//! Records of a CSV text (RFC 4180) and where each of their cells stands.

use crate::form::yaml::Span;

/// One cell. `None` where nothing is written, which is NULL; `""` in quotes is empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: Option<String>,
    pub(super) span: Span,
}

/// What is wrong with the text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) message: &'static str,
    pub(super) span: Span,
}

/// The records in order, the header among them. Empty lines are skipped.
pub(super) fn records(text: &str) -> Result<Vec<Vec<Cell>>, Malformed> {
    let mut records = Vec::new();
    let mut at = text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len());
    while at < text.len() {
        let mut record = Vec::new();
        loop {
            let (cell, end) = cell(text, at)?;
            record.push(cell);
            at = end;
            match text.as_bytes().get(at) {
                Some(b',') => at += 1,
                _ => break,
            }
        }
        let rest = text.get(at..).unwrap_or_default();
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        let is_blank = matches!(record.as_slice(), [only] if only.text.is_none());
        if !is_blank {
            records.push(record);
        }
    }
    Ok(records)
}

/// The cell at `start`, and where it ends.
fn cell(text: &str, start: usize) -> Result<(Cell, usize), Malformed> {
    let rest = text.get(start..).unwrap_or_default();
    let Some(quoted) = rest.strip_prefix('"') else {
        let length = rest.find([',', '\n']).unwrap_or(rest.len());
        let written = rest.get(..length).unwrap_or_default();
        let written = if rest.get(length..).is_some_and(|after| after.starts_with(',')) {
            written
        } else {
            written.strip_suffix('\r').unwrap_or(written)
        };
        let end = start + written.len();
        let text = (!written.is_empty()).then(|| written.to_owned());
        return Ok((Cell { text, span: Span { start, end } }, end));
    };
    let mut inside = String::new();
    let mut left = quoted;
    loop {
        let Some((before, after)) = left.split_once('"') else {
            let span = Span { start, end: start + 1 };
            return Err(Malformed { message: "this quote is never closed", span });
        };
        inside.push_str(before);
        left = after;
        match left.strip_prefix('"') {
            Some(after) => {
                inside.push('"');
                left = after;
            }
            None => break,
        }
    }
    let end = text.len() - left.len();
    if !left.is_empty() && !left.starts_with([',', '\n', '\r']) {
        let span = Span { start: end, end: end + 1 };
        return Err(Malformed { message: "after a closing quote there is a comma or the end of the line", span });
    }
    Ok((Cell { text: Some(inside), span: Span { start, end } }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&[Option<&str>]]) {
        let records = records(text).unwrap();
        let texts: Vec<Vec<Option<&str>>> =
            records.iter().map(|record| record.iter().map(|cell| cell.text.as_deref()).collect()).collect();
        assert_eq!(texts, expected, "{text:?}");
        for cell in records.iter().flatten() {
            let written = &text[cell.span.start..cell.span.end];
            let plain = written.trim_matches('"').replace("\"\"", "\"");
            assert_eq!(plain, cell.text.clone().unwrap_or_default(), "{text:?}");
        }
    }

    #[test]
    fn cells_are_texts_or_nothing() {
        check("a,b\n1,\n", &[&[Some("a"), Some("b")], &[Some("1"), None]]);
        check("a,b\r\n\"x,\r\ny\",\"\"\r\n", &[&[Some("a"), Some("b")], &[Some("x,\r\ny"), Some("")]]);
        check("\u{feff}é\n\n\"say \"\"so\"\" now\"", &[&[Some("é")], &[Some("say \"so\" now")]]);
        check("", &[]);
        check(",\n", &[&[None, None]]);
    }

    #[test]
    fn a_quote_out_of_place_is_told() {
        assert_eq!(records("a\n\"b").unwrap_err().span.start, 2);
        assert_eq!(records("a\n\"b\"c").unwrap_err().span.start, 5);
        assert_eq!(records("a\nb\"c\n").unwrap()[1][0].text.as_deref(), Some("b\"c"));
    }
}
