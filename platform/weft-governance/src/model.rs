//! The casbin model: one is read, and the one in the repository must be it.

use weft_model::{Code, Diagnostic, Place};

/// The model that decisions are made with.
pub(crate) const MODEL: &str = r#"
[request_definition]
r = sub, dom, obj, act, ctx

[policy_definition]
p = sub, dom, obj, act, tag, cond, eft

[role_definition]
g  = _, _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = (p.act == "*" || p.act == r.act) && (p.dom == "dom:any" || p.dom == r.dom) && (p.obj == "obj:any" || g2(r.obj, p.obj)) && (p.sub == "role:any" || g(r.sub, p.sub, r.dom)) && tagMatch(r.ctx, p.tag) && condHolds(r.ctx, p.cond)
"#;

pub(crate) const MODEL_FILE: &str = "governance/model.conf";

/// Compares `text` with [`MODEL`], without regard to comments, white space and blank lines.
///
/// Weft never runs a repository's own model: another matcher would mean other decisions than the
/// ones that cases, roster and this crate's tests speak of.
pub(crate) fn check(text: &str) -> Option<Diagnostic> {
    let expected: Vec<String> = meaning(MODEL).into_iter().map(|(_, line)| line).collect();
    let mut expected = expected.iter();
    for (start, line) in meaning(text) {
        if expected.next() != Some(&line) {
            let place = Place::of_bytes(MODEL_FILE, text, start, start + written(text, start).len());
            return Some(differs(place).labelled("differs here"));
        }
    }
    expected
        .next()
        .map(|_| differs(Place::of_bytes(MODEL_FILE, text, text.len(), text.len())).labelled("ends too early"))
}

fn differs(place: Place) -> Diagnostic {
    Diagnostic::error(Code::POLICY_MODEL, place, "this is not the access model that Weft decides with")
        .help("take the model from `weft init repo`; express other rules as rows in `governance/policies/`")
}

/// Offset and meaning of each line that has one.
fn meaning(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare: String = line.split('#').next().unwrap_or("").split_whitespace().collect();
        if !bare.is_empty() {
            lines.push((start, bare));
        }
        start += line.len();
    }
    lines
}

fn written(text: &str, start: usize) -> &str {
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_white_space_do_not_change_the_model() {
        let loose = MODEL.replace(" = ", "=").replace("[matchers]", "# cheap tests first\n\n[matchers]  # here");
        assert_eq!(check(&loose), None);
        assert_eq!(check(&MODEL.replace('\n', "\r\n")), None);
    }

    #[test]
    fn any_other_model_is_refused_where_it_differs() {
        let any_allow = MODEL.replace(" && !some(where (p.eft == deny))", "");
        assert_eq!(check(&any_allow).unwrap().place.line, 13);
        assert!(check(&MODEL.replace("[matchers]", "[matchers]\nm2 = true")).is_some());
        assert!(check("").is_some());
        assert!(check(&MODEL[..MODEL.find("[matchers]").unwrap()]).is_some());
    }
}
