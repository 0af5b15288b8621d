//! Refusals as gRPC statuses: the code first, then a text that is safe to show.

use tonic::metadata::MetadataValue;
use tonic::{Code as Grpc, Status};
use weft_engine::QueryError;
use weft_identity::REFUSED;
use weft_model::Code;

/// Where the trace id travels; it is never part of a message.
pub(crate) const TRACE_HEADER: &str = "x-weft-trace-id";
/// Where the id travels by which a refusal, or what is masked, is explained.
pub(crate) const EXPLAIN_HEADER: &str = "x-weft-explain-id";

// gRPC puts the message into a header, and clients give up on headers of more than 8 KiB; each
// byte may take three there.
const MESSAGE_BYTES_MAX: usize = 2_000;
const INTERNAL: &str = "something went wrong inside of the platform; its log says more under the trace id";

/// A refusal with a code and a text.
pub(crate) fn refusal(code: Code, text: impl AsRef<str>) -> Status {
    let text = if code == Code::INTERNAL { INTERNAL } else { text.as_ref() };
    Status::new(grpc(code), shortened(format!("{code} {text}")))
}

/// The one answer to credentials that are missing or do not hold.
pub(crate) fn unauthenticated() -> Status {
    refusal(Code::UNAUTHENTICATED, REFUSED)
}

/// The one answer to handles and tickets that are unknown, expired or someone else's.
pub(crate) fn no_such_handle(what: &str) -> Status {
    refusal(Code::NOT_FOUND, format!("no such {what}, or it has expired"))
}

/// The request does not have the form that Flight SQL asks for.
pub(crate) fn malformed(text: impl AsRef<str>) -> Status {
    refusal(Code::REQUEST_INVALID, text)
}

/// What would change something.
pub(crate) fn read_only(what: &str) -> Status {
    refusal(Code::STATEMENT_NOT_ALLOWED, format!("{what} is not allowed here: only queries are"))
}

/// A verb of Flight that this door does not have.
pub(crate) fn unsupported(what: &str) -> Status {
    Status::unimplemented(format!("{} {what} is not part of Flight SQL", Code::REQUEST_INVALID))
}

/// A bug of ours: the invariant goes to the log, a fixed text to the client.
pub(crate) fn bug(invariant: &str, trouble: &dyn std::fmt::Display) -> Status {
    tracing::error!(invariant, %trouble, "refused because of a bug");
    refusal(Code::INTERNAL, "")
}

/// What a client is told about a query that gave no rows, or no more.
pub(crate) fn of_query(error: &QueryError) -> Status {
    if let QueryError::Internal { invariant } = error {
        tracing::error!(%invariant, "a query was refused because of a bug");
    }
    refusal(error.code(), error.to_string())
}

/// The same status with the trace id beside the message.
pub(crate) fn traced(mut status: Status, trace: &str) -> Status {
    if let Ok(value) = MetadataValue::try_from(trace) {
        status.metadata_mut().insert(TRACE_HEADER, value);
    }
    status
}

/// The same status, with the id of the query beside the message where it can be explained by it.
pub(crate) fn explained(mut status: Status, query: Option<&str>) -> Status {
    let code = status.message().split(' ').next().and_then(Code::parse);
    if code.is_some_and(Code::is_about_access)
        && let Some(value) = query.and_then(|query| MetadataValue::try_from(query).ok())
    {
        status.metadata_mut().insert(EXPLAIN_HEADER, value);
    }
    status
}

fn grpc(code: Code) -> Grpc {
    match code {
        Code::UNAUTHENTICATED | Code::PRINCIPAL_UNKNOWN => Grpc::Unauthenticated,
        Code::TABLE_UNKNOWN | Code::NOT_FOUND => Grpc::NotFound,
        Code::ACCESS_DENIED | Code::STATEMENT_NOT_ALLOWED => Grpc::PermissionDenied,
        Code::QUERY_BOUNDS
        | Code::QUERY_MEMORY
        | Code::QUERY_TOO_MANY
        | Code::RESULT_BOUNDS
        | Code::TOO_MANY_REQUESTS => Grpc::ResourceExhausted,
        Code::QUERY_DEADLINE => Grpc::DeadlineExceeded,
        Code::QUERY_CANCELLED => Grpc::Cancelled,
        Code::STORE_UNAVAILABLE | Code::CATALOG_UNAVAILABLE | Code::AUDIT_UNAVAILABLE | Code::NOT_READY => {
            Grpc::Unavailable
        }
        Code::INTERNAL => Grpc::Internal,
        _ => Grpc::InvalidArgument,
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(error: QueryError, expected: Expect) {
        let status = of_query(&error);
        expected.assert_eq(&format!("{:?}: {}", status.code(), status.message()));
    }

    #[test]
    fn the_code_comes_first_and_then_the_text() {
        let table = || "a.b.c".to_owned();
        check(QueryError::UnknownTable { table: table() }, expect!["NotFound: W0202 no table `a.b.c`"]);
        check(QueryError::Denied { table: table() }, expect!["PermissionDenied: W0301 you may not read `a.b.c`"]);
        check(
            QueryError::Syntax { line: 1, column: 8, problem: "expected an expression".to_owned() },
            expect!["InvalidArgument: W0201 line 1, column 8: expected an expression"],
        );
        check(
            QueryError::NotAQuery { what: "INSERT".to_owned() },
            expect!["PermissionDenied: W0204 INSERT is not allowed here: only queries are"],
        );
        check(QueryError::Cancelled, expect!["Cancelled: W0212 the query was cancelled"]);
        check(QueryError::Deadline { seconds: 3 }, expect!["DeadlineExceeded: W0210 the query took longer than 3 s"]);
        check(
            QueryError::OverMemory { limit_bytes: 5 },
            expect!["ResourceExhausted: W0211 the query needs more memory than its limit of 5 bytes"],
        );
        check(
            QueryError::Storage { table: table() },
            expect!["Unavailable: W0702 `a.b.c` cannot be read at the moment"],
        );
    }

    #[test]
    fn a_bug_of_ours_is_told_in_one_fixed_text() {
        check(
            QueryError::Internal { invariant: "a secret of the plan".to_owned() },
            expect![
                "Internal: W0901 something went wrong inside of the platform; its log says more under the trace id"
            ],
        );
    }

    #[test]
    fn the_trace_id_stands_beside_the_message() {
        let status = traced(of_query(&QueryError::Cancelled), "abc");
        assert_eq!(status.metadata().get(TRACE_HEADER).unwrap(), "abc");
        assert!(!status.message().contains("abc"));
    }

    #[test]
    fn what_is_about_access_can_be_explained_and_nothing_else() {
        let id_of = |error: QueryError| {
            let status = explained(of_query(&error), Some("q1"));
            status.metadata().get(EXPLAIN_HEADER).map(|id| id.to_str().unwrap().to_owned())
        };
        let table = || "a.b.c".to_owned();
        assert_eq!(id_of(QueryError::Denied { table: table() }).as_deref(), Some("q1"));
        assert_eq!(id_of(QueryError::UnknownTable { table: table() }).as_deref(), Some("q1"));
        assert_eq!(id_of(QueryError::Cancelled), None);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let status = malformed("ö".repeat(5_000));
        assert!(status.message().len() <= MESSAGE_BYTES_MAX + "…".len());
        assert!(status.message().ends_with("ö…"));
    }
}
