import { StreamLanguage, type StringStream } from '@codemirror/language';

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

const words = new Map<string, string>([
  ...[...functions, ...types.split(' ')].map((word): [string, string] => [word, 'typeName']),
  ...keywords.map((word): [string, string] => [word, 'keyword']),
]);

/** What goes on over lines. */
interface Inside {
  comment: number;
  text: boolean;
}

/** Colours SQL word by word. A parser of it would weigh ten times as much, and the engine has one anyway. */
export const language = StreamLanguage.define<Inside>({
  name: 'sql',
  startState: () => ({ comment: 0, text: false }),
  copyState: (inside) => ({ ...inside }),
  token: colourOf,
  languageData: {
    commentTokens: { line: '--', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['(', '[', "'", '"'] },
  },
});

function colourOf(stream: StringStream, inside: Inside): string | null {
  if (inside.comment > 0 || stream.match('/*', false)) return restOfComment(stream, inside);
  if (inside.text) return restOfText(stream, inside);
  if (stream.eatSpace()) return null;
  if (stream.match('--')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.eat("'")) {
    inside.text = true;
    return restOfText(stream, inside);
  }
  if (stream.match(/^"(?:[^"]|"")*"?/)) return null;
  if (stream.match(/^\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/i)) return 'number';
  if (stream.match(/^[\p{L}_][\p{L}\p{N}_$]*/u)) {
    const word = stream.current().toLowerCase();
    const isPart = stream.string[stream.start - 1] === '.';
    return isPart ? null : (words.get(word) ?? null);
  }
  stream.next();
  return null;
}

/** Comments hold comments, as the engine reads them. */
function restOfComment(stream: StringStream, inside: Inside): string {
  while (!stream.eol()) {
    if (stream.match('/*')) inside.comment += 1;
    else if (stream.match('*/')) inside.comment -= 1;
    else stream.next();
    if (inside.comment === 0) break;
  }
  return 'comment';
}

/** To the quote that ends it; two of them are one within. */
function restOfText(stream: StringStream, inside: Inside): string {
  while (!stream.eol()) {
    if (stream.match("''")) continue;
    if (stream.next() === "'") {
      inside.text = false;
      break;
    }
  }
  return 'string';
}
