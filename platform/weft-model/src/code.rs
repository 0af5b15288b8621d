//! Stable codes: what a client, a script or a search engine can hold on to.

use std::fmt;

/// A stable code, `W` and four digits. One page each in `platform/docs/errors/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// `W0101` and the like.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        impl Code {
            $($(#[$doc])* pub const $name: Code = Code($text);)+

            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];
        }
    };
}

codes! {
    // 01xx manifest form
    /// The text is not well-formed YAML.
    YAML_SYNTAX = "W0101";
    /// A key is written twice in one mapping.
    KEY_TWICE = "W0102";
    /// The document is too large, too deep or expands too far.
    DOCUMENT_BOUNDS = "W0103";
    /// The file is not UTF-8.
    NOT_UTF8 = "W0104";
    /// The value has the wrong type.
    WRONG_TYPE = "W0105";
    /// A required key is missing.
    KEY_MISSING = "W0106";
    /// The key is not known here.
    KEY_UNKNOWN = "W0107";
    /// The value is not one of those allowed.
    VALUE_NOT_ALLOWED = "W0108";
    /// The document's kind or apiVersion is not one Weft reads.
    DOCUMENT_KIND = "W0109";
    /// The name is not a legal name.
    NAME_ILLEGAL = "W0110";
    /// A file that a manifest names, or that a folder must hold, is missing.
    FILE_MISSING = "W0111";
    /// A path leaves the repository or is a link.
    PATH_OUTSIDE = "W0112";
    /// A file stands where nothing reads it.
    FILE_STRAY = "W0113";
    /// The product's transform is not understood.
    TRANSFORM_INVALID = "W0114";
    /// The name is reserved for the platform.
    NAME_RESERVED = "W0115";
    /// The repository of a domain holds what is not the domain's.
    DOMAIN_OUTSIDE = "W0116";
    /// The repository of a domain is not here, so nothing of it was looked at.
    DOMAIN_UNSEEN = "W0117";

    // 02xx SQL
    /// The SQL does not parse.
    SQL_SYNTAX = "W0201";
    /// No such table, or none that the asker may know of.
    TABLE_UNKNOWN = "W0202";
    /// No such column.
    COLUMN_UNKNOWN = "W0203";
    /// The statement is not a query: it would change something.
    STATEMENT_NOT_ALLOWED = "W0204";
    /// The query cannot be planned.
    SQL_INVALID = "W0205";
    /// The query's columns or types are not those of the port's contract.
    SQL_CONTRACT_MISMATCH = "W0206";
    /// The query reads a table that is no declared input.
    SQL_INPUT_UNDECLARED = "W0207";
    /// A declared input is not read by any query.
    SQL_INPUT_UNUSED = "W0208";
    /// The query is larger than the bounds allow.
    QUERY_BOUNDS = "W0209";
    /// The query ran longer than its limit.
    QUERY_DEADLINE = "W0210";
    /// The query needs more memory than its limit.
    QUERY_MEMORY = "W0211";
    /// The query was cancelled.
    QUERY_CANCELLED = "W0212";
    /// A value could not be computed while the query ran.
    QUERY_FAILED = "W0213";
    /// The number or type of parameters does not fit the statement.
    QUERY_PARAMETERS = "W0214";
    /// The query calls a function that is not on offer, or with arguments beyond its bounds.
    FUNCTION_NOT_ALLOWED = "W0215";
    /// The principal, or the process, runs as many queries as it may.
    QUERY_TOO_MANY = "W0216";
    /// The answer is larger than the limit.
    RESULT_BOUNDS = "W0217";

    // 03xx access
    /// The policies do not allow this.
    ACCESS_DENIED = "W0301";
    /// A row of a policy file is malformed.
    POLICY_ROW = "W0302";
    /// A policy file names something that does not exist.
    POLICY_NAME_UNKNOWN = "W0303";
    /// A domain's policy file speaks of something outside the domain.
    POLICY_OUTSIDE_DOMAIN = "W0304";
    /// The casbin model is not the one that Weft reads.
    POLICY_MODEL = "W0305";
    /// A principal or group is declared twice or malformed.
    PRINCIPAL_INVALID = "W0306";
    /// A policy case does not come out as expected.
    POLICY_CASE_FAILED = "W0307";
    /// A restriction is malformed.
    RESTRICTION_INVALID = "W0308";
    /// A restriction names a port, column, tag or attribute that does not exist.
    RESTRICTION_TARGET = "W0309";
    /// A restriction compares or masks values of a type that does not fit.
    RESTRICTION_TYPE = "W0310";
    /// A transform's service may not see all of an input, so the product cannot be built from it.
    SERVICE_RESTRICTED = "W0311";
    /// A rule of automatic approval is malformed.
    APPROVAL_RULE = "W0312";
    /// A request for access asks for what is not on offer, or on terms that there are not.
    ACCESS_REQUEST_INVALID = "W0320";
    /// The request for access was decided already, or has ended.
    ACCESS_REQUEST_DECIDED = "W0321";
    /// Whoever decides on a request is not the one who may.
    APPROVER_REFUSED = "W0322";
    /// A rule can never matter to anyone, or applies to nothing.
    RULE_WITHOUT_EFFECT = "W0330";
    /// Another rule leaves this one nothing to say.
    RULE_SHADOWED = "W0331";

    // 04xx contract semantics
    /// The contract's version is not a semantic version.
    CONTRACT_VERSION = "W0401";
    /// The status is none of the five that there are.
    STATUS_UNKNOWN = "W0402";
    /// The contract has no schema for the port, or lacks what an active contract must say.
    CONTRACT_SCHEMA_MISSING = "W0403";
    /// Two columns, or two tables, have one name, or differ by case alone.
    COLUMN_TWICE = "W0404";
    /// Two columns, or two tables, are stored under one name.
    PHYSICAL_NAME_TWICE = "W0405";
    /// An id, or a name that serves as one, is written twice in one list.
    ID_TWICE = "W0406";
    /// A nested type does not say what it holds.
    PARTS_MISSING = "W0407";
    /// A vector does not say how many dimensions it has.
    VECTOR_DIMENSIONS = "W0408";
    /// No value lies between the bounds.
    BOUNDS_EMPTY = "W0409";
    /// A bound or an enum value is no value of the column's type.
    VALUE_TYPE = "W0410";
    /// The pattern does not compile, or is not one that Weft can run.
    PATTERN_INVALID = "W0411";
    /// An enum holds a value twice, or null where a value is required.
    ENUM_VALUES = "W0412";
    /// An enum value breaks the column's own bounds.
    ENUM_OUTSIDE_BOUNDS = "W0413";
    /// The primary key's positions are not 1 to n.
    PRIMARY_KEY_POSITIONS = "W0414";
    /// A key column says that it may be left out.
    PRIMARY_KEY_OPTIONAL = "W0415";
    /// The partition columns or their positions do not fit.
    PARTITION_KEY = "W0416";
    /// A relationship names a column that is not there, or one of another type or without a key.
    RELATIONSHIP_TARGET = "W0417";
    /// The two sides of a composite relationship do not match.
    RELATIONSHIP_SIDES = "W0418";
    /// Required foreign keys form a ring.
    RELATIONSHIP_CYCLE = "W0419";
    /// An object requires a property that it does not have.
    REQUIRED_UNKNOWN = "W0420";
    /// A quality rule says nothing.
    QUALITY_EMPTY = "W0421";
    /// A metric is used where it counts nothing.
    METRIC_LEVEL = "W0422";
    /// A metric lacks the arguments that it counts by, or they name what is not there.
    METRIC_ARGUMENTS = "W0423";
    /// A metric cannot be given in percent.
    METRIC_PERCENT = "W0424";
    /// The thresholds of a quality rule can never hold, or always do.
    THRESHOLD_RANGE = "W0425";
    /// The SQL of a quality rule cannot be run.
    QUALITY_SQL = "W0426";
    /// The engine of a custom quality rule is not one that Weft runs.
    QUALITY_ENGINE = "W0427";
    /// The severity or unit of a quality rule is not known.
    QUALITY_WORDS = "W0428";
    /// A service level, its value or its unit is not known.
    SERVICE_LEVEL = "W0429";
    /// The element of a service level is not there, or holds no time.
    SERVICE_LEVEL_ELEMENT = "W0430";
    /// Service levels contradict each other.
    SERVICE_LEVEL_ORDER = "W0431";
    /// A schedule or a time zone is not one.
    SCHEDULE_INVALID = "W0432";
    /// A classification is not in the vocabulary, or a column that looks like personal data has none.
    CLASSIFICATION = "W0433";
    /// The column for the protected value is not there.
    ENCRYPTED_NAME = "W0434";
    /// A measure or a dimension does not say what it computes, or cannot be one.
    SEMANTIC_TYPE = "W0435";
    /// An approver is neither a team nor a user.
    APPROVER_UNKNOWN = "W0436";
    /// A text holds what looks like a password or key.
    SECRET_WRITTEN = "W0437";
    /// A variable stands where none may, or has no value.
    VARIABLE_NOT_ALLOWED = "W0438";
    /// Two ports, or two products, claim one name; or two contracts one id and version.
    NAME_TWICE = "W0439";
    /// The lifecycles of a product, a port and its contract do not agree.
    LIFECYCLE_DISAGREES = "W0440";
    /// A date, a time or a URI is not one.
    TEXT_FORMAT = "W0441";
    /// What a port's runs may take is not written as amounts.
    RESOURCES_INVALID = "W0442";
    /// A port cannot be a feature view as its manifest says.
    FEATURE_VIEW = "W0443";
    /// A feature service names what is no feature, or cannot be asked for.
    FEATURE_SERVICE = "W0444";
    /// The type of a column cannot be stored.
    TYPE_UNSUPPORTED = "W0450";
    /// A port names a contract that does not exist.
    CONTRACT_UNKNOWN = "W0451";
    /// An input port names a contract that no port offers.
    INPUT_UNKNOWN = "W0452";
    /// Products read each other in a ring.
    PRODUCT_CYCLE = "W0453";
    /// The domain is not declared or has no service for its transforms.
    DOMAIN_INCOMPLETE = "W0454";
    /// An upstream product has errors, so this one waits.
    INPUT_BROKEN = "W0455";
    /// A column says that it is less sensitive than what it is made of.
    CLAIMS_LESS = "W0456";
    /// A declassification does not count: it is not understood, or signed by someone who may not.
    DECLASSIFICATION_INVALID = "W0457";
    /// A declassification takes nothing away.
    DECLASSIFICATION_IDLE = "W0458";
    /// A name is not written as the mesh's standards ask.
    STANDARD_NAMING = "W0460";
    /// The people whom the mesh's standards ask for are not named.
    STANDARD_OWNERSHIP = "W0461";
    /// A service level that the mesh's standards ask for is missing, or outside their bounds.
    STANDARD_FRESHNESS = "W0462";
    /// A description that the mesh's standards ask for is missing or too short.
    STANDARD_DOCUMENTATION = "W0463";
    /// A file of standards has a rule that cannot be applied.
    STANDARD_INVALID = "W0464";

    // 05xx plan and compatibility
    /// A change breaks readers, and neither the version nor an override says so.
    CHANGE_BREAKING = "W0501";
    /// The version does not rise as far as the changes ask.
    CHANGE_VERSION = "W0502";
    /// A column becomes less sensitive, and nobody answers for it.
    CHANGE_DECLASSIFIED = "W0503";
    /// A port goes away that is still read.
    CHANGE_REMOVED = "W0504";
    /// The world has moved since the plan was made.
    PLAN_MOVED = "W0505";
    /// A test is about a port that its product does not make by SQL.
    TEST_PORT = "W0510";
    /// A test gives rows to what is no input of its product.
    TEST_INPUT = "W0511";
    /// A row of a test names a column that is not there.
    TEST_COLUMN = "W0512";
    /// A value of a test does not fit the type of its column.
    TEST_VALUE = "W0513";
    /// The rows of a test cannot be read.
    TEST_ROWS = "W0514";
    /// Other rows come of a transform than its test expects.
    TEST_FAILED = "W0515";
    /// A transform could not be run on the rows of its test.
    TEST_BROKE_OFF = "W0516";
    /// A release may not be served again, or there is none.
    ROLL_BACK_TARGET = "W0520";
    /// The data of a release are not all there any more.
    RELEASE_INCOMPLETE = "W0521";
    /// What is served again would break readers.
    ROLL_BACK_BREAKING = "W0522";
    /// A port that is not made by intervals, or none of whose intervals are asked for, cannot be backfilled.
    BACKFILL_INVALID = "W0530";
    /// Rows cannot be erased from a port: it holds none, or the condition is none of its columns.
    ERASURE_INVALID = "W0531";

    // 06xx data quality
    /// The data has other columns or types than the contract.
    DATA_SCHEMA = "W0601";
    /// A required column holds NULL.
    DATA_REQUIRED = "W0602";
    /// A key or a unique column holds a value twice.
    DATA_KEY = "W0603";
    /// A file of data cannot be read as its format says.
    DATA_UNREADABLE = "W0604";
    /// The rows do not meet a quality rule, or what a column demands of its values.
    DATA_QUALITY = "W0605";

    // 07xx storage
    /// The object store does not keep put-if-absent, so writing is refused.
    STORE_NOT_SAFE = "W0701";
    /// The object store cannot be reached or answers with an error.
    STORE_UNAVAILABLE = "W0702";
    /// Another writer took the version.
    STORE_CONFLICT = "W0703";
    /// The URL is not one of an object store that Weft knows.
    STORE_URL = "W0704";
    /// Another controller took the warehouse over.
    STORE_FENCED = "W0705";
    /// A file of a source differs from what was taken of it.
    SOURCE_FILE_CHANGED = "W0706";

    // 08xx identity
    /// No credentials, or none that verify.
    UNAUTHENTICATED = "W0801";
    /// No principal of that name.
    PRINCIPAL_UNKNOWN = "W0802";
    /// The key that signs tokens cannot be read or made, or is not safe.
    KEY_UNUSABLE = "W0803";
    /// A browser's request that changes something lacks the proof that a page of this server made it.
    REQUEST_FORGED = "W0804";
    /// The identity provider did not prove who signs in.
    SIGN_IN_FAILED = "W0805";
    /// A principal asks more often than the limits on rates allow, or too many credentials from one address did not hold.
    TOO_MANY_REQUESTS = "W0806";

    // 09xx platform
    /// A bug of the platform's own: refused, not served.
    INTERNAL = "W0901";
    /// The home is held by another process.
    HOME_LOCKED = "W0902";
    /// The catalog database cannot be read or written.
    CATALOG_UNAVAILABLE = "W0903";
    /// The source of revisions cannot be read.
    SOURCE_UNAVAILABLE = "W0904";
    /// No such thing, or none that the asker may know of.
    NOT_FOUND = "W0905";
    /// The request is malformed.
    REQUEST_INVALID = "W0906";
    /// The platform is not ready yet.
    NOT_READY = "W0907";
    /// The record of decisions cannot be written, so restricted data stays closed.
    AUDIT_UNAVAILABLE = "W0908";
    /// The product was retired; told to those who answer for it.
    PRODUCT_RETIRED = "W0909";
    /// The files of TLS cannot be read, or do not belong together.
    TLS_FILES = "W0910";
    /// Another node of the mesh carries out changes.
    NOT_LEADING = "W0911";
    /// A backup is not as it was written.
    BACKUP_UNSOUND = "W0912";
    /// A socket that was handed to the process is of no use to its doors.
    SOCKET_UNFIT = "W0913";
    /// A push hook is not signed with the secret of this mesh.
    HOOK_UNPROVEN = "W0950";
}

impl Code {
    /// Whether it stands for a refusal that can be explained: what is asked for is not there for whoever asks.
    pub fn is_about_access(self) -> bool {
        [Code::ACCESS_DENIED, Code::TABLE_UNKNOWN, Code::COLUMN_UNKNOWN, Code::SERVICE_RESTRICTED].contains(&self)
    }

    /// The code written `text` (`W0101`), if there is one.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.0.eq_ignore_ascii_case(text))
    }
}
