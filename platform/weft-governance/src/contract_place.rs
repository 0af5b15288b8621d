//! Where a contract says what a column is.

use weft_model::PortName;

use crate::yaml::{Node, Reader, Value};

/// The line of the column's classification, of its tags where it has none, else of its name; `None` where the text is
/// no contract that has the column. Of several tables the one called `port` counts, or the only one.
pub(crate) fn line_of_words(document: &str, port: &PortName, column: &str) -> Option<u32> {
    let mut reader = Reader::new("", document);
    let root = reader.parse()?;
    let tables = items(get(&root, "schema")?);
    let is_called = |table: &&Node| text(get(table, "name")) == Some(port.as_str());
    let table = tables.iter().find(is_called).or_else(|| tables.first())?;
    let columns = items(get(table, "properties")?);
    let column = columns.iter().find(|property| text(get(property, "name")) == Some(column))?;
    let spot = ["classification", "tags", "name"].iter().find_map(|key| get(column, key))?;
    Some(reader.place(spot).line)
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(name, _)| text(Some(name)) == Some(key)).map(|(_, value)| value)
}

fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}

fn text(node: Option<&Node>) -> Option<&str> {
    match &node?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_columns_words_are_found_at_their_line() {
        let text = "\
schema:
  - name: other
    properties: [{name: email, classification: public}]
  - name: profiles
    properties:
      - name: email
        classification: personal
      - name: phone
        tags: [pii.phone]
      - name: tier
";
        let port = "profiles".parse().unwrap();
        let line = |column| line_of_words(text, &port, column);
        assert_eq!([line("email"), line("phone"), line("tier"), line("no")], [Some(7), Some(9), Some(10), None]);
        assert_eq!(line_of_words("", &port, "email"), None);
        assert_eq!(line_of_words("schema: {", &port, "email"), None);
    }
}
