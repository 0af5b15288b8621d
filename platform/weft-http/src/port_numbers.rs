//! Which of the numbers are of single ports, and whom they are for: names of ports are not for whoever asks without a token.

use weft_model::PortRef;

/// The numbers that name no port.
pub(crate) fn without(numbers: &str) -> String {
    chosen(numbers, |port| port.is_none())
}

/// Those that name a port that is `told`.
pub(crate) fn of(numbers: &str, told: impl Fn(&PortRef) -> bool) -> String {
    chosen(numbers, |port| port.and_then(|name| name.parse().ok()).is_some_and(|port| told(&port)))
}

/// The lines whose port is wanted, and what is said of the numbers that have any.
fn chosen(numbers: &str, is_wanted: impl Fn(Option<&str>) -> bool) -> String {
    let (mut kept, mut said) = (String::with_capacity(numbers.len()), Vec::new());
    let mut follows_a_number = false;
    for line in numbers.lines().filter(|line| !line.is_empty()) {
        let is_number = !line.starts_with('#');
        if !is_number {
            if follows_a_number {
                said.clear();
            }
            said.push(line);
        } else if is_wanted(port_of(line)) {
            for line in said.drain(..).chain([line]) {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        follows_a_number = is_number;
    }
    kept
}

/// What a line says in its label `port`, which no other label's name ends with.
fn port_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("port=\"")?;
    rest.split_once('"').map(|(port, _)| port)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const NUMBERS: &str = r#"# HELP weft_ready 1 once it is.
# TYPE weft_ready gauge
weft_ready 1

# HELP weft_port_queries_total Queries.
# TYPE weft_port_queries_total counter
weft_port_queries_total{port="a.b.c",outcome="answered"} 7
weft_port_queries_total{outcome="failed",port="a.b.d"} 1

# TYPE weft_port_rows_total counter
weft_port_rows_total{port="a.b.c"} 9
"#;

    #[test]
    fn a_port_s_numbers_are_for_whom_they_are_told() {
        expect![[r#"
            # HELP weft_ready 1 once it is.
            # TYPE weft_ready gauge
            weft_ready 1
        "#]]
        .assert_eq(&without(NUMBERS));
        expect![[r#"
            # HELP weft_port_queries_total Queries.
            # TYPE weft_port_queries_total counter
            weft_port_queries_total{outcome="failed",port="a.b.d"} 1
        "#]]
        .assert_eq(&of(NUMBERS, |port| port.to_string() == "a.b.d"));
        assert_eq!(of(NUMBERS, |_| false), "");
    }

    #[test]
    fn what_is_no_port_s_name_is_told_to_nobody() {
        assert_eq!(of("weft_port_rows_total{port=\"x\"} 1\n", |_| true), "");
    }
}
