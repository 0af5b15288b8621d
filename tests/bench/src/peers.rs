//! Public tools, each doing what it is asked in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::python;

/// The process of `peers/writing.py`, and the folder of its data.
pub(crate) struct Peers {
    process: Child,
    /// Closed when the peers are to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) folder: PathBuf,
}

impl Peers {
    /// Installs the tools where they are not yet, makes the data where there are none, and waits until all is there.
    pub(crate) fn start() -> Self {
        let python = python::python("venv", "requirements.txt");
        let folder = python::folder().join("data");
        let mut process = Command::new(&python)
            .arg(python::scripts().join("writing.py"))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peers start");
        let (requests, answers) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        let mut peers = Peers { process, requests, answers, folder };
        assert_eq!(peers.answer(), "ready");
        peers
    }

    /// Seconds that the public tool takes for `what`.
    pub(crate) fn seconds(&mut self, what: &str) -> f64 {
        let requests = self.requests.as_mut().expect("they have not ended");
        writeln!(requests, "{what}").expect("the peers are there");
        self.answer().parse().expect("a number of seconds")
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peers answer");
        line.trim().to_owned()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // They end the servers that they started.
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}
