//! How a command ends: its exit code, and the text for one that did not do what was asked.

use std::fmt;
use std::io;
use std::process::ExitCode;

use weft_model::Code;

/// The exit codes that scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    /// Problems in the user's files.
    Problems = 1,
    /// Wrong usage.
    Usage = 2,
    /// A change that breaks readers.
    Breaking = 4,
    /// Denied by policy, or not known to the server.
    Denied = 5,
    /// The server cannot be reached.
    Unreachable = 6,
    /// Someone else holds what is needed.
    Conflict = 7,
    /// A bug of Weft's own.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what was asked, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    pub code: Option<Code>,
    /// Lower case, no full stop. Empty where everything is said already.
    pub message: String,
    /// The next thing to do.
    pub help: Option<String>,
    /// The id under which the server's log tells more.
    pub trace: Option<String>,
    /// The id by which `weft access explain` says why.
    pub explain: Option<String>,
}

impl Failure {
    /// A failure that ends in `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, code: None, message: message.into(), help: None, trace: None, explain: None }
    }

    /// A failure with a stable code; the code decides the exit.
    pub fn coded(code: Code, message: impl Into<String>) -> Self {
        Failure { code: Some(code), ..Failure::new(exit_of(code), message) }
    }

    /// An end that has nothing left to say.
    pub fn silent(exit: Exit) -> Self {
        Failure::new(exit, "")
    }

    /// Wrong usage that the parser of arguments cannot see.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new(Exit::Usage, message)
    }

    /// Trouble of the operating system's with `what`.
    pub fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Failure::new(Exit::Problems, format!("{what}: {error}"))
    }

    /// With the next thing to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With another exit than the code's own.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// `error[W0202]: message`, then help and trace on lines of their own. Ends without a line break.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "error[{code}]: {}", self.message)?,
            None => write!(f, "error: {}", self.message)?,
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {}", help.replace('\n', "\n        "))?;
        }
        if let Some(id) = &self.explain {
            write!(f, "\n  why  `weft access explain {id}`")?;
        }
        if let Some(trace) = &self.trace {
            write!(f, "\n  trace {trace}")?;
        }
        Ok(())
    }
}

/// How a command ends that met an error with this code.
pub fn exit_of(code: Code) -> Exit {
    match code {
        Code::ACCESS_DENIED | Code::UNAUTHENTICATED | Code::APPROVER_REFUSED => Exit::Denied,
        Code::NOT_READY => Exit::Unreachable,
        Code::HOME_LOCKED | Code::PLAN_MOVED | Code::ACCESS_REQUEST_DECIDED => Exit::Conflict,
        Code::ROLL_BACK_BREAKING => Exit::Breaking,
        Code::INTERNAL => Exit::Bug,
        _ => Exit::Problems,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_failure_reads_as_code_message_help_and_trace() {
        let mut failure =
            Failure::coded(Code::TABLE_UNKNOWN, "no table `a.b.c`").help("`weft products list` shows yours");
        failure.trace = Some("0198-77".to_owned());
        expect![[r#"
            error[W0202]: no table `a.b.c`
              help: `weft products list` shows yours
              trace 0198-77"#]]
        .assert_eq(&failure.to_string());
        assert_eq!(failure.exit, Exit::Problems);
    }

    #[test]
    fn the_code_decides_the_exit() {
        let exits = |code| exit_of(code) as u8;
        assert_eq!(exits(Code::ACCESS_DENIED), 5);
        assert_eq!(exits(Code::UNAUTHENTICATED), 5);
        assert_eq!(exits(Code::HOME_LOCKED), 7);
        assert_eq!(exits(Code::INTERNAL), 70);
        assert_eq!(exits(Code::STORE_NOT_SAFE), 1);
    }
}
