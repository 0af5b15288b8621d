//! The description of the API: OpenAPI 3.1, made of the handlers and of the types that they take and give.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    Required, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};
use weft_wire::{PROBLEM_JSON, Problem};

use crate::caller::COOKIE;

/// What the parts of the API are about.
const TAGS: [(&str, &str); 7] = [
    ("catalog", "What is on offer, as far as the caller may discover it."),
    ("query", "SQL over what is on offer, and how to reach it from elsewhere."),
    ("access", "Who may see what, why, and asking for more."),
    ("publish", "Commits becoming tables."),
    ("session", "Who asks."),
    ("health", "Whether the process lives, and its numbers."),
    ("description", "This description."),
];

/// Paths that ask for no credentials.
const OPEN: [&str; 8] = [
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/auth/login",
    "/auth/callback",
    "/api/v1/session",
    "/api/v1/hooks/git",
];

/// What stands in a description before its paths.
pub(crate) fn empty() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0"));
    let info = InfoBuilder::new().title("Weft").version("v1").license(Some(license.build())).description(Some(
        "The catalog, SQL, access and publishing of a data mesh. Errors are problems after RFC 9457 with a stable code. \
         What is unknown and what the caller may not know of get the same answer.",
    ));
    let components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .security_scheme("bearer", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()))
        .security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
    let tags = TAGS.map(|(name, what)| TagBuilder::new().name(name).description(Some(what)).build());
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .tags(Some(tags))
        .servers(Some([Server::new("/")]))
        .build()
}

/// Adds to each operation what all have in common: names in the path, problems, and who may ask.
pub(crate) fn completed(mut description: OpenApi) -> OpenApi {
    for (path, item) in &mut description.paths.paths {
        for operation in operations(item) {
            name_parts(path, operation);
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
            let problem = ResponseBuilder::new().description("Why it was not answered.").content(PROBLEM_JSON, problem);
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.build()));
            let is_open =
                OPEN.contains(&path.as_str()) && !operation.operation_id.as_deref().eq(&Some("delete_session"));
            operation.security = Some(match is_open {
                true => Vec::new(),
                false => {
                    ["bearer", "cookie"].map(|name| SecurityRequirement::new::<_, [&str; 0], _>(name, [])).to_vec()
                }
            });
        }
    }
    description
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.delete, &mut item.put, &mut item.patch].into_iter().flatten()
}

/// The names between braces in the path, as far as the operation does not describe them itself.
fn name_parts(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let is_it = |known: &RefOr<Parameter>| match known {
            RefOr::T(known) => known.name == name && known.parameter_in == ParameterIn::Path,
            RefOr::Ref(_) => false,
        };
        if parameters.iter().any(is_it) {
            continue;
        }
        parameters.push(RefOr::T(part(name)));
    }
}

fn part(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let (text, about) = match name {
        "domain" | "product" | "port" => (text.pattern(Some("^[a-z][a-z0-9_]{0,62}$")), format!("Name of the {name}.")),
        "verb" => {
            let verbs = ["approve", "decline", "withdraw", "extend", "revoke"];
            (text.enum_values(Some(verbs)), "What is decided.".to_owned())
        }
        "sha" => (text.min_length(Some(1)), "A revision in full.".to_owned()),
        name => (text.min_length(Some(1)), format!("The {name}.")),
    };
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some(about)).schema(Some(text)).build()
}
