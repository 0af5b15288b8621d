/** A table that a statement reads, by the name it is written with. */
export interface TableUse {
  /** `domain.product.port`, or as much of it as stands there. */
  name: string;
  alias: string | null;
}

const name = String.raw`(?:"[^"]*"|[A-Za-z_][\w$]*)`;
const dotted = `${name}(?:\\s*\\.\\s*${name})*`;
const reserved =
  'on|using|where|group|order|having|limit|offset|union|except|intersect|join|inner|left|right|full|cross|natural|asof|match_condition|lateral|window|qualify|fetch|tablesample|set|values';
const tables = new RegExp(
  `\\b(?:from|join)\\s+(${dotted})(?:\\s+(?:as\\s+)?(?!(?:${reserved})\\b)(${name}))?`,
  'gi',
);
const more = new RegExp(
  `^\\s*,\\s*(${dotted})(?:\\s+(?:as\\s+)?(?!(?:${reserved})\\b)(${name}))?`,
  'i',
);

/** The statement with comments and texts blanked out, so that every place stays where it was. */
export function withoutTexts(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)/g, (found) =>
    found.replace(/[^\n]/g, ' '),
  );
}

/** The tables that a statement names after FROM and JOIN, in order, each use once. */
export function tablesIn(sql: string): TableUse[] {
  const text = withoutTexts(sql);
  const found: TableUse[] = [];
  const add = (written: string, alias: string | undefined) => {
    const use = { name: plain(written), alias: alias === undefined ? null : plain(alias) };
    if (!found.some((known) => known.name === use.name && known.alias === use.alias)) {
      found.push(use);
    }
  };
  for (const match of text.matchAll(tables)) {
    add(match[1] ?? '', match[2]);
    let rest = text.slice(match.index + match[0].length);
    for (let next = more.exec(rest); next; next = more.exec(rest)) {
      add(next[1] ?? '', next[2]);
      rest = rest.slice(next[0].length);
    }
  }
  return found;
}

/** Full names of the ports among them. */
export function portsIn(sql: string): string[] {
  const names = tablesIn(sql).map((use) => use.name);
  return [...new Set(names.filter((table) => table.split('.').length === 3))];
}

/** Full names of the products of these ports. */
export function productsIn(sql: string): string[] {
  return [...new Set(portsIn(sql).map((port) => port.split('.').slice(0, 2).join('.')))];
}

function plain(written: string): string {
  return written
    .split('.')
    .map((part) => part.trim())
    .map((part) => (part.startsWith('"') ? part.slice(1, -1) : part.toLowerCase()))
    .join('.');
}

/** A name as SQL writes it: quoted only where it must be. */
export function identifier(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) && !keywords.has(text)
    ? text
    : `"${text.replaceAll('"', '""')}"`;
}

/** Words that cannot stand for a column without quotes. */
const keywords = new Set(
  'all and any as asc between by case cast cross date desc distinct else end except exists extract false fetch for from full group having in inner intersect interval into is join left like limit natural not null offset on or order outer over partition right row rows select set some table then time timestamp to true union unique user using values when where window with'.split(
    ' ',
  ),
);
