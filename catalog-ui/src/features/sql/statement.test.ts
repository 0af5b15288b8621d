import { describe, expect, test } from 'vitest';
import type { Column, ProductSummary } from '@/api/catalog';
import { caretOf, suggestionOf } from '@/features/sql/caret';
import { type Names, offersAt } from '@/features/sql/completion';
import { withStatement } from '@/features/sql/copy-as';
import { starterQuery } from '@/features/sql/starter';
import { identifier, portsIn, tablesIn } from '@/features/sql/statement';

function column(name: string, type: string, more: Partial<Column> = {}): Column {
  return {
    name,
    description: '',
    type,
    required: false,
    unique: false,
    primaryKeyPosition: null,
    classification: null,
    tags: [],
    sees: 'clear',
    mask: null,
    ...more,
  };
}

describe('tables of a statement', () => {
  test.each([
    ['SELECT 1', []],
    ['select * from a.b.c', ['a.b.c']],
    ['select * from a.b.c as x join d.e.f y on x.i = y.i where 1=1', ['a.b.c x', 'd.e.f y']],
    ['select * from a.b.c, d.e.f z', ['a.b.c', 'd.e.f z']],
    ["select 'from x.y.z' -- from q.r.s\nfrom a.b.c", ['a.b.c']],
    ['select * from a.b.c asof join d.e.f match_condition (1=1)', ['a.b.c', 'd.e.f']],
    ['select * from "A".b."c d"', ['A.b.c d']],
  ])('%s', (sql, expected) => {
    expect(tablesIn(sql).map(({ name, alias }) => (alias ? `${name} ${alias}` : name))).toEqual(
      expected,
    );
  });

  test('ports are named whole and once', () => {
    expect(portsIn('select * from a.b.c x join a.b.c y on 1=1 join half.name z on 1=1')).toEqual([
      'a.b.c',
    ]);
  });

  test.each([
    ['carrier', 'carrier'],
    ['order', '"order"'],
    ['Net EUR', '"Net EUR"'],
    ['a"b', '"a""b"'],
  ])('the name %s is written %s', (name, expected) => {
    expect(identifier(name)).toBe(expected);
  });
});

const products: ProductSummary[] = [
  {
    name: 'sales.orders',
    title: null,
    owner: 'sales',
    purpose: '',
    tags: [],
    release: 1,
    at: '',
    ports: [
      { name: 'sales.orders.lines', description: '', kind: 'full', readable: true, rows: 1 },
      { name: 'sales.orders.secret', description: '', kind: 'full', readable: false, rows: null },
    ],
  },
  { name: 'crm.accounts', owner: 'crm', purpose: '', tags: [], release: 1, at: '', ports: [] },
];
const names: Names = {
  products,
  columnsOf: (port) =>
    port === 'sales.orders.lines'
      ? [
          column('order', 'string'),
          column('email', 'string', { sees: 'masked', mask: 'hash' }),
          column('margin', 'int', { sees: 'hidden' }),
        ]
      : undefined,
};

/** Completion at the `|` of a statement. */
function offered(marked: string): string[] {
  const at = marked.indexOf('|');
  const sql = marked.replace('|', '');
  return (offersAt(sql, at, names)?.offers ?? []).map(({ label, insert }) => insert ?? label);
}

describe('completion', () => {
  test.each([
    ['select * from |', ['sales.orders.lines', 'sales.orders.secret', 'sales', 'crm']],
    ['select * from sales.|', ['orders']],
    ['select * from sales.orders.|', ['lines', 'secret']],
    ['select | from sales.orders.lines', ['"order"', 'email']],
    ['select x.| from sales.orders.lines x', ['"order"', 'email']],
    ['select lines.| from sales.orders.lines', ['"order"', 'email']],
    ['select x.or| from sales.orders.lines as x', ['"order"', 'email']],
    ['select nobody.| from sales.orders.lines', []],
    ['select | from hr.pay.roll', []],
  ])('%s', (sql, expected) => {
    expect(offered(sql)).toEqual(expected);
  });

  test('the part that is being written is replaced, not what stands before it', () => {
    expect(offersAt('select * from sales.ord', 23, names)?.from).toBe(20);
  });
});

describe('a first query', () => {
  test('groups by a kind, counts and adds one figure', () => {
    const sql = starterQuery({
      name: 'aviation.flights.departures',
      primaryKey: [],
      columns: [
        column('year', 'int'),
        column('dep_time', 'int'),
        column('dep_delay', 'int'),
        column('carrier', 'string'),
        column('tailnum', 'string'),
      ],
    });
    expect(sql).toBe(
      'SELECT carrier, count(*) AS row_count, round(avg(dep_delay), 2) AS avg_dep_delay\n' +
        'FROM aviation.flights.departures\nGROUP BY carrier\nORDER BY row_count DESC',
    );
  });

  test('takes months where there is only a date', () => {
    const sql = starterQuery({
      name: 'a.b.c',
      primaryKey: ['id'],
      columns: [column('id', 'string', { unique: true }), column('placed_on', 'date')],
    });
    expect(sql).toContain("GROUP BY date_trunc('month', placed_on)\nORDER BY 1");
  });

  test('never names what is masked or hidden, and never takes everything', () => {
    const sql = starterQuery({
      name: 'a.b.c',
      primaryKey: [],
      columns: [
        column('status', 'string', { sees: 'masked' }),
        column('tier', 'string', { sees: 'hidden' }),
      ],
    });
    expect(sql).toBe('SELECT count(*) AS row_count\nFROM a.b.c');
  });
});

describe('where a fault lies', () => {
  const sql = "SELECT carier\n  FROM a.b.c -- carier\n WHERE x = 'y'";
  const place = (detail: string) => {
    const caret = caretOf({ detail }, sql);
    return (
      caret && { text: sql.slice(caret.from, caret.to), line: caret.line, column: caret.column }
    );
  };
  test.each([
    ['line 2, column 8: no such thing', { text: 'a.b.c', line: 2, column: 8 }],
    ['line 3, column 99: unexpected end', { text: '', line: 3, column: 15 }],
    ['no column `carier`', { text: 'carier', line: 1, column: 8 }],
    ['no table `a.b.c`', { text: 'a.b.c', line: 2, column: 8 }],
    ['no column `c.carier`', { text: 'carier', line: 1, column: 8 }],
    [
      "No field named carier. Did you mean 'a.b.c.carrier'?",
      { text: 'carier', line: 1, column: 8 },
    ],
    ['no column `elsewhere`', null],
    ['the query took longer than 30 s', null],
  ])('%s', (detail, expected) => {
    expect(place(detail)).toEqual(expected);
  });

  test('a suggestion is taken from the text of the problem', () => {
    const detail = "No field named carier. Did you mean 'a.b.c.carrier'?";
    expect(suggestionOf({ detail }, 'carier')).toBe('carrier');
    expect(suggestionOf({ detail }, 'c.carier')).toBe('a.b.c.carrier');
    expect(suggestionOf({ detail: 'no column `carier`' }, 'carier')).toBeNull();
  });
});

describe('a statement in the text of a client', () => {
  const as = (language: string, text: string, sql: string) =>
    withStatement({ client: 'x', title: 'x', install: '', language, text }, sql);

  test('of Python is a text of Python', () => {
    expect(as('python', 'cursor.execute("SELECT 1")\n', 'SELECT "a"\nFROM b;')).toBe(
      'cursor.execute("""SELECT "a"\nFROM b""")\n',
    );
    expect(as('python', 'cursor.execute("SELECT 1")\n', 'SELECT 2')).toBe(
      'cursor.execute("SELECT 2")\n',
    );
  });

  test('of a shell keeps quotes alive', () => {
    const curl = `curl -d '{"sql": "SELECT 1"}'\n`;
    expect(as('shell', curl, `SELECT 'it''s' AS "a"`)).toBe(
      `curl -d '{"sql": "SELECT '\\''it'\\'''\\''s'\\'' AS \\"a\\""}'\n`,
    );
    expect(as('shell', 'weft query "SELECT 1"\n', `SELECT 'a'`)).toBe(
      `weft query 'SELECT '\\''a'\\'''\n`,
    );
  });

  test('follows a URL that has no place for it', () => {
    expect(as('text', 'jdbc:arrow-flight-sql://h:1?token=$T\n', 'SELECT 2')).toBe(
      'jdbc:arrow-flight-sql://h:1?token=$T\n\nSELECT 2;\n',
    );
  });
});
