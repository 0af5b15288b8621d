//! Restrictions: row filters and masks as typed data, on by default, lifted by granted exemptions.
//!
//! [`read`] takes a file apart, [`Restrictions::check`] holds it against the mesh, and [`terms`] says
//! what it comes to for one principal and one port.

mod check;
mod condition;
mod document;
mod lexer;
mod mask;
mod mentions;
mod parse;
mod terms;
mod typed;

#[cfg(test)]
mod tests;

pub(crate) use document::{FilterTarget, MaskTarget, Restrictions, Whose, read};
pub(crate) use mask::type_within;
pub(crate) use mentions::Mentions;
pub(crate) use terms::{Asked, Exemption, PUBLIC, carries, lies_under, terms};
