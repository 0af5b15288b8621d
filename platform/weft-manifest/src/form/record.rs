//! One declaration for an object of a standard: the Rust type, its reader and its JSON Schema.

/// Declares a closed object. A field of type `Option<…>` may be left out, any other is required;
/// keys are the field names in camelCase. `then CHECK` names a function that looks at rules
/// between fields.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident as $noun:literal {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty, )*
        }
        $(then $check:path;)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::form::is_absent")]
                pub $field: $type,
            )*
        }

        impl $name {
            /// The fields, as Rust calls them.
            #[allow(dead_code)]
            pub(crate) const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl crate::form::FromNode for $name {
            const WORD: &'static str = "an object";

            fn from_node(node: &crate::form::yaml::Node, reader: &mut crate::form::Reader<'_>) -> Option<Self> {
                const FIELDS: &[crate::form::Field] = &[
                    $(crate::form::Field {
                        name: stringify!($field),
                        word: <$type as crate::form::FromNode>::WORD,
                    },)*
                ];
                if !reader.object(node, $noun, FIELDS) {
                    return None;
                }
                // Every key is read before any is missed, so that all problems are told at once.
                $(let $field = reader.key::<$type>(node, stringify!($field), $noun);)*
                let value = $name { $($field: $field?,)* };
                $($check(&value, node, reader);)?
                Some(value)
            }
        }
    };
}

/// Declares a value that is one of a few words.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident as $noun:literal, $code:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $( $(#[$variant_meta])* #[serde(rename = $word)] $variant, )*
        }

        impl $name {
            /// The word that manifests use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl crate::form::Word for $name {
            fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)*
                    _ => None,
                }
            }
        }

        impl crate::form::FromNode for $name {
            const WORD: &'static str = "text";

            fn from_node(node: &crate::form::yaml::Node, reader: &mut crate::form::Reader<'_>) -> Option<Self> {
                let text = String::from_node(node, reader)?;
                let value = <Self as crate::form::Word>::of_word(&text);
                if value.is_none() {
                    reader.not_allowed(weft_model::Code::$code, node, $noun, &text, &[$($word),*]);
                }
                value
            }
        }
    };
}
