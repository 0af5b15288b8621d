//! Fields of contracts as the values that are compared: the one place that knows how they are kept.

use crate::odcs::{
    DataQuality, DistanceMetric, ElementType, LogicalType, LogicalTypeOptions, Metric, Property, QualityType,
    SemanticType,
};

pub(super) fn logical_type(property: &Property) -> Option<LogicalType> {
    property.logical_type
}

/// A column where nothing is said.
pub(super) fn semantic_type(property: &Property) -> SemanticType {
    property.semantic_type.unwrap_or(SemanticType::Column)
}

/// 32-bit floats where nothing is said.
pub(super) fn element_type(options: Option<&LogicalTypeOptions>) -> ElementType {
    options.and_then(|options| options.element_type).unwrap_or(ElementType::Float32)
}

pub(super) fn distance_metric(options: Option<&LogicalTypeOptions>) -> Option<DistanceMetric> {
    options?.distance_metric
}

pub(super) fn multiple_of(options: Option<&LogicalTypeOptions>) -> Option<f64> {
    number(&options?.multiple_of)
}

pub(super) fn quality_type(rule: &DataQuality) -> Option<QualityType> {
    rule.r#type
}

pub(super) fn metric(rule: &DataQuality) -> Option<Metric> {
    rule.metric
}

pub(super) fn number(written: &Option<f64>) -> Option<f64> {
    *written
}

/// The two ends of a range; `None` where there are not two.
pub(super) fn range(written: &Option<Vec<f64>>) -> Option<(f64, f64)> {
    match written.as_deref() {
        Some([low, high]) => Some((*low, *high)),
        _ => None,
    }
}
