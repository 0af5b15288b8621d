//! The files of TLS, and until when their certificates are good.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Found, Looked, Trouble};
use crate::settings::Settings;
use crate::start_error::StartError;
use crate::tls::{self, Term, Tls};

/// A certificate that ends sooner is told of: that is when it should have been renewed.
const LEFT_LEAST: TimeDelta = TimeDelta::days(14);

pub(super) fn tls(settings: &Settings, now: DateTime<Utc>) -> Looked {
    let Some(files) = settings.tls.clone() else {
        return Ok(Found::NotAsked("none is configured: the doors listen on loopback alone".to_owned()));
    };
    let trouble = |error| Trouble::from(StartError::Tls(error));
    let shown = files.certificate.display().to_string();
    let terms = tls::terms(&files).map_err(trouble)?;
    Tls::open(files).map_err(trouble)?;
    for term in &terms {
        in_term(term, now)?;
    }
    let until = terms.iter().map(|term| term.until).min();
    let until = until.map_or_else(String::new, |until| format!(", until {}", until.format("%Y-%m-%d")));
    Ok(Found::Well(format!("`{shown}` and its key belong together{until}")))
}

fn in_term(term: &Term, now: DateTime<Utc>) -> Result<(), Trouble> {
    let (file, until) = (term.file.display(), term.until.format("%Y-%m-%d %H:%M UTC"));
    if now < term.from {
        return Err(Trouble::new(
            format!("a certificate in `{file}` is not good before {}", term.from.format("%Y-%m-%d %H:%M UTC")),
            "see whether this machine's clock is right, and use another certificate until then",
        ));
    }
    let message = match term.until - now {
        left if left > LEFT_LEAST => return Ok(()),
        left if left < TimeDelta::zero() => format!("a certificate in `{file}` ended on {until}"),
        left if left.num_days() < 2 => {
            format!("a certificate in `{file}` ends on {until}, in {} hours", left.num_hours())
        }
        left => format!("a certificate in `{file}` ends on {until}, in {} days", left.num_days()),
    };
    Err(Trouble::new(
        message,
        "have it renewed, and put the new one in its place: files that changed are in force a second later",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_of_two_weeks_before_it_ends() {
        let day = |day: i64| DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0).unwrap();
        let term = Term { file: "c.pem".into(), from: day(0), until: day(90) };
        let told = |now| in_term(&term, now).map_err(|trouble| trouble.message);
        assert_eq!(told(day(75)), Ok(()));
        let soon = "a certificate in `c.pem` ends on 2027-04-15 08:00 UTC, in 13 days";
        assert_eq!(told(day(77)), Err(soon.to_owned()));
        assert_eq!(told(day(91)), Err("a certificate in `c.pem` ended on 2027-04-15 08:00 UTC".to_owned()));
        assert_eq!(told(day(-1)), Err("a certificate in `c.pem` is not good before 2027-01-15 08:00 UTC".to_owned()));
    }
}
