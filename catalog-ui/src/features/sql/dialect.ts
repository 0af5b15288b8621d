import { SQLDialect } from '@codemirror/lang-sql';

/** Words that open or join the clauses of a query, as the engine knows them. */
export const keywords =
  'select from where group by having order limit offset distinct as and or not in is null like ilike between exists case when then else end join inner left right full outer cross natural on using asof match_condition union all except intersect with recursive over partition rows range preceding following unbounded current row window qualify filter within asc desc nulls first last cast try_cast interval extract explain true false values unnest lateral'.split(
    ' ',
  );

/** Functions that queries of a mesh often want; the engine has more. */
export const functions =
  'count sum avg min max median stddev variance approx_distinct approx_percentile_cont array_agg string_agg first_value last_value row_number rank dense_rank lag lead ntile abs ceil floor round power sqrt ln log exp sign greatest least coalesce nullif concat length lower upper trim ltrim rtrim substr replace split_part starts_with ends_with strpos left right lpad rpad reverse regexp_like regexp_match regexp_replace date_trunc date_part date_bin to_timestamp to_date to_char now current_date make_date md5 sha256 encode decode array_length array_contains array_element'.split(
    ' ',
  );

const types =
  'boolean tinyint smallint int integer bigint float double real decimal numeric varchar char string text date time timestamp binary bytea';

export const dialect = SQLDialect.define({
  keywords: keywords.join(' '),
  builtin: functions.join(' '),
  types,
  doubleQuotedStrings: false,
  operatorChars: '*+-%<>!=&|~^/',
  identifierQuotes: '"',
});
