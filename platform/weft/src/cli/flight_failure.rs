//! What a Flight SQL server's refusal means for the user.

use arrow_flight::error::FlightError;
use tonic::Status;
use weft_model::Code;
use weft_wire::EXPLAIN_ID_HEADER;

use super::connection::refused;
use super::{Exit, Failure};

/// Where the server tells under which id its log says more.
const TRACE_HEADER: &str = "x-weft-trace-id";

/// The failure that a Flight error stands for.
pub(super) fn of_flight(error: FlightError) -> Failure {
    match error {
        FlightError::Tonic(status) => of_status(&status),
        other => Failure::new(Exit::Problems, format!("the answer cannot be read: {other}")),
    }
}

fn of_status(status: &Status) -> Failure {
    let trace = status.metadata().get(TRACE_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    // A door of Weft's writes `W0202 text`.
    if let Some((code, text)) = status.message().split_once(' ')
        && let Some(code) = Code::parse(code)
    {
        let explain = status.metadata().get(EXPLAIN_ID_HEADER).and_then(|value| value.to_str().ok());
        return Failure { explain: explain.map(str::to_owned), ..refused(Some(code), text, trace) };
    }
    match status.code() {
        tonic::Code::Unauthenticated => refused(Some(Code::UNAUTHENTICATED), status.message(), trace),
        tonic::Code::Unavailable => {
            let message = format!("the server went away: {}", status.message());
            Failure::new(Exit::Unreachable, message).help("is it running? `weft up` starts one here")
        }
        _ => refused(None, status.message(), trace),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(status: &Status, expected: Expect) {
        let failure = of_status(status);
        expected.assert_eq(&format!("{failure}\nexit {}", failure.exit as u8));
    }

    #[test]
    fn the_code_of_the_server_decides_the_exit() {
        let mut unknown = Status::not_found("W0202 no table `a.b.c`");
        unknown.metadata_mut().insert(TRACE_HEADER, "4bf9".parse().unwrap());
        check(
            &unknown,
            expect![[r#"
            error[W0202]: no table `a.b.c`
              trace 4bf9
            exit 1"#]],
        );
        check(
            &Status::permission_denied("W0301 you may not read `a.b.c`"),
            expect![[r#"
            error[W0301]: you may not read `a.b.c`
            exit 5"#]],
        );
        check(
            &Status::unauthenticated("W0801 credentials are missing or not valid"),
            expect![[r#"
            error[W0801]: credentials are missing or not valid
            exit 5"#]],
        );
        check(
            &Status::unavailable("connection reset"),
            expect![[r#"
            error: the server went away: connection reset
              help: is it running? `weft up` starts one here
            exit 6"#]],
        );
        check(
            &Status::unknown("what"),
            expect![[r#"
            error: what
            exit 1"#]],
        );
    }
}
