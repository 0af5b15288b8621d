//! The patterns by which metadata is searched.

/// Whether `text` matches `pattern`, in which `%` stands for any characters, `_` for one, and `\`
/// takes the meaning from the next. Takes time proportional to both lengths at most.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern = pieces(pattern);
    let (mut t, mut p) = (0, 0);
    // Where to go on when the last `%` has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Any) => {
                retry = Some((t, p + 1));
                p += 1;
            }
            Some(Piece::One) => (t, p) = (t + 1, p + 1),
            Some(Piece::Exactly(c)) if text.get(t) == Some(c) => (t, p) = (t + 1, p + 1),
            _ => match retry {
                Some((from, after)) => {
                    retry = Some((from + 1, after));
                    (t, p) = (from + 1, after);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|piece| *piece == Piece::Any)
}

#[derive(PartialEq)]
enum Piece {
    Any,
    One,
    Exactly(char),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::Exactly(chars.next().unwrap_or('\\')),
            other => Piece::Exactly(other),
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        for text in matching {
            assert!(like(text, pattern), "`{text}` should match `{pattern}`");
        }
        for text in others {
            assert!(!like(text, pattern), "`{text}` should not match `{pattern}`");
        }
    }

    #[test]
    fn a_percent_sign_takes_any_characters_and_an_underscore_one() {
        check("%", &["", "a", "abc"], &[]);
        check("a%", &["a", "abc"], &["", "ba"]);
        check("%c", &["c", "abc"], &["cb", ""]);
        check("a%c", &["ac", "abbc", "accc"], &["a", "acb"]);
        check("a_c", &["abc", "aöc"], &["ac", "abbc"]);
        check("%a%b%", &["ab", "xaxbx"], &["ba"]);
        check("abc", &["abc"], &["abcd", "ab", "ABC"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        check(r"a\_c", &["a_c"], &["abc"]);
        check(r"100\%", &["100%"], &["1000"]);
        check(r"a\", &[r"a\"], &["a"]);
    }

    #[test]
    fn a_hostile_pattern_is_answered_at_once() {
        assert!(!like(&"a".repeat(2_000), &format!("{}b", "%a".repeat(500))));
    }
}
