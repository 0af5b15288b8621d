//! How far this machine's clock is from those of others.

use chrono::{DateTime, TimeDelta, Utc};
use weft_catalog::SharedState;
use weft_model::Clock;

use super::{ANSWER_MAX, Found, Looked, Trouble};
use crate::settings::Settings;

/// Tokens and grants are taken as good and as expired so much too early or too late.
const SKEW_MAX: TimeDelta = TimeDelta::seconds(30);

/// Compares the clock with that of the catalog's database, which `shared` tells where it was asked, and with that of the
/// identity provider.
pub(super) async fn skew(settings: &Settings, clock: &dyn Clock, shared: Option<&SharedState>) -> Looked {
    let mut compared = Vec::new();
    if let Some(shared) = shared {
        // How much of a slow answer was its way is not known.
        let way = TimeDelta::from_std(shared.within / 2).unwrap_or_default();
        compared.push(Compared { whose: "the catalog's database".to_owned(), ahead: shared.ahead, unsure: way });
    }
    if let Some(provider) = &settings.oidc {
        let asked = date_of(&provider.issuer).await;
        let of = |theirs| Compared {
            whose: format!("`{}`", provider.issuer),
            ahead: clock.now() - theirs,
            unsure: TimeDelta::zero(),
        };
        compared.extend(asked.map(of));
    }
    told(&compared, settings)
}

/// A clock that this machine's was compared with.
struct Compared {
    whose: String,
    ahead: TimeDelta,
    unsure: TimeDelta,
}

fn told(compared: &[Compared], settings: &Settings) -> Looked {
    if compared.is_empty() {
        let why = match &settings.oidc {
            Some(provider) => format!("`{}` does not say what time it is", provider.issuer),
            None => "there is no identity provider and no database to compare it with".to_owned(),
        };
        return Ok(Found::NotAsked(why));
    }
    let each: Vec<String> =
        compared.iter().map(|one| format!("{:+} s from that of {}", one.ahead.num_seconds(), one.whose)).collect();
    let shown = each.join(", ");
    match compared.iter().all(|one| one.ahead.abs() - one.unsure <= SKEW_MAX) {
        true => Ok(Found::Well(shown)),
        false => Err(Trouble::new(
            shown,
            "have all follow a time server: tokens and grants are good from one instant to another",
        )),
    }
}

/// The time that a server says when it answers.
async fn date_of(url: &str) -> Option<DateTime<Utc>> {
    let http = reqwest::Client::builder().timeout(ANSWER_MAX).build().ok()?;
    let answer = http.get(url).send().await.ok()?;
    let date = answer.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(ahead: i64, unsure: i64) -> Looked {
        let one = Compared {
            whose: "the catalog's database".to_owned(),
            ahead: TimeDelta::seconds(ahead),
            unsure: TimeDelta::seconds(unsure),
        };
        told(&[one], &Settings::local("m", "h"))
    }

    #[test]
    fn half_a_minute_is_too_much_either_way() {
        for ahead in [-30, 0, 30] {
            assert!(matches!(told_of(ahead, 0), Ok(Found::Well(_))), "{ahead}");
        }
        for ahead in [-31, 31, 3_600] {
            let Err(trouble) = told_of(ahead, 0) else { panic!("{ahead}") };
            assert_eq!(trouble.message, format!("{ahead:+} s from that of the catalog's database"));
        }
        assert!(told_of(33, 5).is_ok(), "it may be 28");
    }
}
