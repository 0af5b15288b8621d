//! A change of access as people read it.

use weft_model::compatibility::Sign;

use super::AccessChange;

/// Most names that are shown unless all are to be.
const NAMES_MAX: usize = 8;

impl AccessChange {
    /// `+ 6 people gain hr.headcount.grades.{name, grade}   (governance/policies/hr.csv:3)`.
    pub fn sentence(&self) -> String {
        let count = self.people.len() + self.services.len();
        let verb = |many: &str, one: &str| if count == 1 { one.to_owned() } else { many.to_owned() };
        let what = self.object();
        let masks = self.masks.as_deref().unwrap_or_default();
        let does = match self.change {
            "gains" if self.masks.is_some() => format!("{} {what}, masked ({masks})", verb("gain", "gains")),
            "gains" => format!("{} {what}", verb("gain", "gains")),
            "clears" => format!("{} {what} in clear", verb("see", "sees")),
            "widens" if self.every_row => format!("{} every row of {what}", verb("see", "sees")),
            "widens" => format!("{} more rows of {what}", verb("see", "sees")),
            "masks_otherwise" => format!("{} {what} under another mask ({masks})", verb("see", "sees")),
            "differs" => format!("{} other rows of {what}", verb("see", "sees")),
            "narrows" => format!("{} fewer rows of {what}", verb("see", "sees")),
            "masks" => format!("{} {what} masked ({masks})", verb("see", "sees")),
            _ => format!("{} {what}", verb("lose", "loses")),
        };
        let purposes = match self.purposes.as_slice() {
            [] => String::new(),
            purposes => format!(" for {}", purposes.join(" or ")),
        };
        format!("{} {} {does}{purposes}{}", self.sign.as_str(), self.head_count(), self.places())
    }

    /// `ana, bo, lena and 4 more`; every name where all are wanted.
    pub fn names(&self, all: bool) -> String {
        let names: Vec<&str> = self.people.iter().chain(&self.services).map(String::as_str).collect();
        let shown = if all { names.len() } else { NAMES_MAX };
        match names.split_at_checked(shown) {
            Some((shown, more)) if !more.is_empty() => format!("{} and {} more", shown.join(", "), more.len()),
            _ => names.join(", "),
        }
    }

    fn object(&self) -> String {
        let port = &self.port;
        match self.columns.as_slice() {
            [] => port.to_string(),
            _ if self.is_whole => port.to_string(),
            [column] => format!("{port}.{column}"),
            columns => format!("{port}.{{{}}}", columns.join(", ")),
        }
    }

    /// `6 people and 1 service`.
    fn head_count(&self) -> String {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let people = counted(self.people.len(), "person", "people");
        let services = counted(self.services.len(), "service", "services");
        people.into_iter().chain(services).collect::<Vec<_>>().join(" and ")
    }

    /// The first line that it comes from, and how many there are besides.
    fn places(&self) -> String {
        let mut places = self.because.iter().filter_map(|cause| {
            let was = if cause.sign == Some(Sign::Removed) { "was " } else { "" };
            Some(format!("{was}{}:{}", cause.file.as_ref()?, cause.line?))
        });
        match (places.next(), places.count()) {
            (None, _) => String::new(),
            (Some(first), 0) => format!("   ({first})"),
            (Some(first), more) => format!("   ({first} and {more} more)"),
        }
    }
}
