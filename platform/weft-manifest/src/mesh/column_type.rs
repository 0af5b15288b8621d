//! From the types of a contract to types that a table can hold.

use weft_model::{Code, DataType, Diagnostic, Field, IntegerFormat};

use crate::form::{Document, Step};
use crate::odcs::{DataContract, ElementType, LogicalType, LogicalTypeOptions, Property};

/// Where in a contract a value stands.
#[derive(Clone, Debug)]
pub(super) struct Place<'d> {
    pub(super) document: &'d Document<DataContract>,
    pub(super) path: Vec<Step<'d>>,
}

impl<'d> Place<'d> {
    /// The item at `index` of the list here.
    pub(super) fn item(&self, index: usize) -> Place<'d> {
        self.and(Step::Item(index))
    }

    /// The place in the text of the value at `key`.
    pub(super) fn key(&self, key: &'d str) -> weft_model::Place {
        self.document.place(&self.and(Step::Key(key)).path)
    }

    fn and(&self, step: Step<'d>) -> Place<'d> {
        let mut path = self.path.clone();
        path.push(step);
        Place { document: self.document, path }
    }
}

/// The name under which a property is stored.
pub(crate) fn stored_name(property: &Property) -> Option<&str> {
    property.physical_name.as_deref().or(property.name.as_deref()).filter(|name| !name.is_empty())
}

/// Most columns of a table, and most fields of one object within a column.
pub(super) const COLUMNS_MAX: usize = 2_000;

/// Whether there are no more than [`COLUMNS_MAX`] properties; reports it if there are.
pub(super) fn are_few_enough(properties: &[Property], at: &Place<'_>, problems: &mut Vec<Diagnostic>) -> bool {
    if properties.len() > COLUMNS_MAX {
        let message = format!("there are {} columns here and {COLUMNS_MAX} are read at most", properties.len());
        let place = at.document.place(&at.path);
        problems.push(
            Diagnostic::error(Code::DOCUMENT_BOUNDS, place, message).help("split the table, or nest its columns"),
        );
    }
    properties.len() <= COLUMNS_MAX
}

/// The type of a property's values; `None` where no table can hold them, which is reported.
pub(super) fn read(property: &Property, at: &Place<'_>, problems: &mut Vec<Diagnostic>) -> Option<DataType> {
    let name = property.name.as_deref().unwrap_or("this");
    let physical = property.physical_type.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
    let (word, parameters) = parts(&physical);
    let is_numeric = matches!(property.logical_type(), None | Some(LogicalType::Number | LogicalType::Integer));
    if is_numeric
        && matches!(word, "decimal" | "numeric" | "number" | "dec")
        && let Some(decimal) = decimal(word, &parameters, property.logical_type.is_some())
    {
        return decimal.or_else(|| {
            let message = format!("`{physical}` of column `{name}` is no decimal that a table can hold");
            problems.push(
                Diagnostic::error(Code::TYPE_UNSUPPORTED, at.key("physicalType"), message)
                    .help("write precision 1 to 38 and scale 0 to precision, such as `decimal(12,2)`"),
            );
            None
        });
    }
    let Some(logical_type) = property.logical_type() else {
        // Form errors take a wrong word out: that is told already.
        let is_written = at.document.node(&at.and(Step::Key("logicalType")).path).is_some();
        return by_physical_word(word).or_else(|| {
            if !is_written {
                let message = format!("column `{name}` has no type");
                problems.push(
                    Diagnostic::error(Code::TYPE_UNSUPPORTED, at.key("name"), message)
                        .help("add `logicalType:`, such as `string`, `integer` or `timestamp`"),
                );
            }
            None
        });
    };
    let options = property.logical_type_options.as_ref();
    let format = options.and_then(|options| options.format.as_deref());
    match logical_type {
        LogicalType::String if matches!(word, "binary" | "varbinary" | "bytea" | "blob" | "bytes") => {
            Some(DataType::Binary)
        }
        LogicalType::String => Some(DataType::String),
        LogicalType::Boolean => Some(DataType::Boolean),
        LogicalType::Date => Some(DataType::Date),
        LogicalType::Timestamp => {
            let utc = options.and_then(|options| options.timezone);
            let by_word = || match by_physical_word(word) {
                Some(DataType::Timestamp { utc }) => utc,
                _ => true,
            };
            Some(DataType::Timestamp { utc: utc.unwrap_or_else(by_word) })
        }
        LogicalType::Integer => match format {
            Some(format) => integer(format).or_else(|| {
                // An unknown word is told already, as one of form.
                if matches!(format, "u128" | "i128") {
                    let message =
                        format!("column `{name}` is an integer of format `{format}`, which no table can hold");
                    problems.push(
                        Diagnostic::error(Code::TYPE_UNSUPPORTED, at.options("format"), message)
                            .help("use `i64` or `u64`, or `physicalType: decimal(38,0)`"),
                    );
                }
                None
            }),
            None => match by_physical_word(word) {
                Some(DataType::Integer(format)) => Some(DataType::Integer(format)),
                _ => Some(DataType::Integer(IntegerFormat::I32)),
            },
        },
        LogicalType::Number => match (format, by_physical_word(word)) {
            (Some("f32"), _) | (None, Some(DataType::Float32)) => Some(DataType::Float32),
            _ => Some(DataType::Float64),
        },
        LogicalType::Array => {
            // One without items is told already, as is an object without properties.
            let items = property.items.as_ref()?;
            let item = part(items, "element", &at.and(Step::Key("items")), problems)?;
            Some(DataType::List(Box::new(item)))
        }
        LogicalType::Object => {
            let parts = property.properties.as_deref().unwrap_or_default();
            if parts.is_empty() {
                return None;
            }
            let inside = at.and(Step::Key("properties"));
            if !are_few_enough(parts, &inside, problems) {
                return None;
            }
            let fields: Vec<Option<Field>> = parts
                .iter()
                .enumerate()
                .map(|(i, property)| {
                    part(property, stored_name(property).unwrap_or_default(), &inside.item(i), problems)
                })
                .collect();
            fields.into_iter().collect::<Option<_>>().map(DataType::Struct)
        }
        LogicalType::Map => {
            let map = property.map.as_ref()?;
            let inside = at.and(Step::Key("map"));
            let mut key = part(&map.key, "key", &inside.and(Step::Key("key")), problems)?;
            key.nullable = false;
            let value = part(&map.value, "value", &inside.and(Step::Key("value")), problems)?;
            Some(DataType::Map { key: Box::new(key), value: Box::new(value) })
        }
        // Delta has no time of day: the text of one, such as `23:59:59`, sorts as the times do.
        LogicalType::Time => Some(DataType::String),
        // One that does not say how many dimensions it has is told already.
        LogicalType::Vector => options.filter(|options| options.dimensions.is_some()).and_then(vector),
    }
}

/// The list that holds a vector's elements; bytes, where these are single bits.
fn vector(options: &LogicalTypeOptions) -> Option<DataType> {
    let element = match &options.element_type {
        None => ElementType::Float32,
        Some(written) => written.known()?,
    };
    let data_type = match element {
        ElementType::Binary => return Some(DataType::Binary),
        // Both of the narrow forms fit into the next wider one as they are.
        ElementType::Float32 | ElementType::Float16 | ElementType::Bfloat16 => DataType::Float32,
        ElementType::Float64 => DataType::Float64,
        ElementType::Int8 => DataType::Integer(IntegerFormat::I8),
        ElementType::Uint8 => DataType::Integer(IntegerFormat::I16),
    };
    Some(DataType::List(Box::new(Field { name: "element".to_owned(), data_type, nullable: false })))
}

impl<'d> Place<'d> {
    fn options(&self, key: &'d str) -> weft_model::Place {
        self.and(Step::Key("logicalTypeOptions")).key(key)
    }
}

fn part(property: &Property, name: &str, at: &Place<'_>, problems: &mut Vec<Diagnostic>) -> Option<Field> {
    let data_type = read(property, at, problems)?;
    Some(Field { name: name.to_owned(), data_type, nullable: property.required != Some(true) })
}

/// `decimal(12, 2)` → `decimal`, `12` and `2`.
pub(crate) fn parts(physical: &str) -> (&str, Vec<&str>) {
    match physical.split_once('(') {
        Some((word, rest)) => {
            let inside = rest.split(')').next().unwrap_or_default();
            (word.trim(), inside.split(',').map(str::trim).collect())
        }
        None => (physical, Vec::new()),
    }
}

/// `None`: not meant as a decimal of a given size. `Some(None)`: meant so, but not one.
pub(crate) fn decimal(word: &str, parameters: &[&str], has_logical_type: bool) -> Option<Option<DataType>> {
    let size = |precision: &str, scale: &str| {
        let (precision, scale) = (precision.parse::<u8>().ok()?, scale.parse::<i8>().ok()?);
        let fits = (1..=38).contains(&precision) && scale >= 0 && scale as u8 <= precision;
        fits.then_some(DataType::Decimal { precision, scale })
    };
    match parameters {
        // Some servers call every number `number`; then the logical type says it better.
        [] if word == "number" && has_logical_type => None,
        [precision] => Some(size(precision, "0")),
        [precision, scale] => Some(size(precision, scale)),
        _ => Some(None),
    }
}

/// The narrowest type that holds every value of the format.
fn integer(format: &str) -> Option<DataType> {
    match format {
        "i8" => Some(DataType::Integer(IntegerFormat::I8)),
        "i16" | "u8" => Some(DataType::Integer(IntegerFormat::I16)),
        "i32" | "u16" => Some(DataType::Integer(IntegerFormat::I32)),
        "i64" | "u32" => Some(DataType::Integer(IntegerFormat::I64)),
        "u64" => Some(DataType::Decimal { precision: 20, scale: 0 }),
        _ => None,
    }
}

pub(crate) fn by_physical_word(word: &str) -> Option<DataType> {
    Some(match word {
        "string" | "text" | "varchar" | "char" | "nvarchar" | "utf8" => DataType::String,
        "boolean" | "bool" => DataType::Boolean,
        "binary" | "varbinary" | "bytea" | "blob" | "bytes" => DataType::Binary,
        "tinyint" | "byte" | "int8" => DataType::Integer(IntegerFormat::I8),
        "smallint" | "short" | "int16" => DataType::Integer(IntegerFormat::I16),
        "int" | "integer" | "int32" => DataType::Integer(IntegerFormat::I32),
        "bigint" | "long" | "int64" => DataType::Integer(IntegerFormat::I64),
        "real" | "float" | "float32" | "float4" => DataType::Float32,
        "double" | "double precision" | "float64" | "float8" => DataType::Float64,
        "date" => DataType::Date,
        "timestamp" | "timestamptz" | "timestamp with time zone" | "timestamp_tz" => DataType::Timestamp { utc: true },
        "timestamp_ntz" | "timestampntz" | "datetime" | "timestamp without time zone" => {
            DataType::Timestamp { utc: false }
        }
        _ => return None,
    })
}
