//! Fields of contracts as the values that are compared: the one place that knows how they are kept.
//!
//! A word that is a variable counts as its default.

use crate::form::{Number, OrVariable};
use crate::odcs::{
    DataQuality, DistanceMetric, ElementType, LogicalType, LogicalTypeOptions, Metric, Property, QualityType,
    SemanticType,
};

pub(super) fn logical_type(property: &Property) -> Option<LogicalType> {
    property.logical_type()
}

/// A column where nothing is said.
pub(super) fn semantic_type(property: &Property) -> SemanticType {
    property.semantic_type.as_ref().and_then(OrVariable::known).unwrap_or(SemanticType::Column)
}

/// 32-bit floats where nothing is said.
pub(super) fn element_type(options: Option<&LogicalTypeOptions>) -> ElementType {
    let element_type = options.and_then(|options| options.element_type.as_ref());
    element_type.and_then(OrVariable::known).unwrap_or(ElementType::Float32)
}

pub(super) fn distance_metric(options: Option<&LogicalTypeOptions>) -> Option<DistanceMetric> {
    options?.distance_metric.as_ref().and_then(OrVariable::known)
}

pub(super) fn multiple_of(options: Option<&LogicalTypeOptions>) -> Option<f64> {
    number(&options?.multiple_of)
}

pub(super) fn quality_type(rule: &DataQuality) -> Option<QualityType> {
    rule.r#type.as_ref().and_then(OrVariable::known)
}

pub(super) fn metric(rule: &DataQuality) -> Option<Metric> {
    rule.metric.as_ref().and_then(OrVariable::known)
}

pub(super) fn number(written: &Option<Number>) -> Option<f64> {
    written.as_ref().map(Number::value)
}

/// The two ends of a range; `None` where there are not two.
pub(super) fn range(written: &Option<Vec<Number>>) -> Option<(f64, f64)> {
    match written.as_deref() {
        Some([low, high]) => Some((low.value(), high.value())),
        _ => None,
    }
}
