//! `weft explain CODE`: the page of an error code, from within the binary.

use weft_model::Code;

use super::{Failure, terminal};
use crate::pages;

pub(super) fn explain(code: &str) -> Result<(), Failure> {
    let page = Code::parse(code.trim()).and_then(pages::page);
    let Some(page) = page else {
        return Err(
            Failure::usage(format!("there is no code `{code}`")).help("codes are `W` and four digits, such as W0107")
        );
    };
    terminal::print(page)
}
