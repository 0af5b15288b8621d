//! A statement that runs once for each row of its parameters.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::{Instrument, Span};
use weft_engine::{Answer, Parameters, QueryError, Session};

use crate::encoding::{self, Gathering, Rows};
use crate::status::of_query;

/// How a statement is asked, each time anew: what may be read is decided for each round.
#[derive(Clone)]
pub(crate) struct Rounds {
    pub(crate) session: Session,
    pub(crate) sql: String,
    pub(crate) message_bytes: usize,
    pub(crate) gathering: Gathering,
    /// Ends what is being planned and what comes later.
    pub(crate) stop: CancellationToken,
    /// Ids of the queries that run.
    pub(crate) running: Arc<Mutex<Vec<String>>>,
}

impl Rounds {
    /// The answer to the first round.
    pub(crate) async fn first(&self, parameters: Parameters) -> Result<Answer, Status> {
        self.ask(parameters).await.map_err(|error| of_query(&error))
    }

    /// The rows of `first` on their way to a client, and after them those of the rounds for all of
    /// `parameters` but the first. A round begins when the one before has ended.
    pub(crate) fn going_out(self, first: Answer, parameters: &[Parameters], trace: &str) -> Rows {
        tracing::info!(query = %first.id, "rows go out");
        let schema = Arc::clone(&first.schema);
        let further: Vec<_> = parameters.iter().skip(1).cloned().collect();
        if further.is_empty() {
            return encoding::answer(&schema, first, (self.message_bytes, self.gathering), trace.to_owned());
        }
        let span = Span::current();
        let (messages, alike) = ((self.message_bytes, self.gathering), Arc::clone(&schema));
        let further = futures::stream::iter(further).then(move |parameters| {
            let (rounds, alike) = (self.clone(), Arc::clone(&alike));
            async move { rounds.further(parameters, &alike).await }.instrument(span.clone())
        });
        encoding::answer(&schema, first.chain(further.try_flatten()), messages, trace.to_owned())
    }

    async fn further(&self, parameters: Parameters, alike: &SchemaRef) -> Result<Answer, QueryError> {
        let answer = self.ask(parameters).await?;
        if answer.schema != *alike {
            let problem = "the rows of parameters give answers of different columns: run the query for each".to_owned();
            return Err(QueryError::Parameters { problem });
        }
        Ok(answer)
    }

    async fn ask(&self, parameters: Parameters) -> Result<Answer, QueryError> {
        let answer = tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(QueryError::Cancelled),
            answer = self.session.query(&self.sql, parameters) => answer,
        }?;
        self.running.lock().push(answer.id.clone());
        // Whoever cancelled in between has not seen this id.
        if self.stop.is_cancelled() { Err(QueryError::Cancelled) } else { Ok(answer) }
    }
}
