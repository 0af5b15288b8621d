import type { Column, ProductSummary } from '@/api/catalog';
import { identifier, tablesIn, withoutTexts } from '@/features/sql/statement';

/** What a person may name: the ports they may discover, and the columns of those that have been looked at. */
export interface Names {
  products: readonly ProductSummary[];
  columnsOf: (port: string) => readonly Column[] | undefined;
}

export interface Offer {
  label: string;
  kind: 'domain' | 'product' | 'port' | 'column' | 'alias';
  detail?: string;
  /** What is written where it differs from the label. */
  insert?: string;
}

export interface Offers {
  from: number;
  offers: Offer[];
}

/**
 * What may be written at `at`: after `a.b.` the names inside it, after FROM and JOIN ports, elsewhere the columns of the
 * tables that the statement names. Only names of `names`; hidden columns cannot be named, so they are not offered.
 */
export function offersAt(sql: string, at: number, names: Names): Offers | null {
  const text = withoutTexts(sql);
  if (at > 0 && text[at - 1] === ' ' && sql[at - 1] !== ' ') return null;
  const written =
    /(?:[A-Za-z_][\w$]*\s*\.\s*)*[A-Za-z_]?[\w$]*$/.exec(text.slice(0, at))?.[0] ?? '';
  const parts = written.split('.').map((part) => part.trim().toLowerCase());
  const prefix = parts.slice(0, -1);
  const from = at - (written.length - written.lastIndexOf('.') - 1);
  const before = text.slice(0, at - written.length);
  const wantsTable =
    /\b(?:from|join)\s+$/i.test(before) || /\bfrom\s+[\w.$"\s,]*,\s*$/i.test(before);

  if (prefix.length > 0) {
    const offers = wantsTable
      ? inside(prefix, names)
      : [...ofTable(prefix.join('.'), sql, names), ...inside(prefix, names)];
    return offers.length === 0 ? null : { from, offers };
  }
  const offers = wantsTable ? tables(names) : columnsAndAliases(sql, names);
  return offers.length === 0 ? null : { from, offers };
}

/** Ports whose columns the statement would have completed, so that they can be asked for. */
export function portsToKnow(sql: string, names: Names): string[] {
  const known = portNames(names);
  return tablesIn(sql)
    .map((use) => use.name)
    .filter((name) => known.has(name) && names.columnsOf(name) === undefined);
}

function portNames(names: Names): Set<string> {
  return new Set(names.products.flatMap((product) => product.ports.map((port) => port.name)));
}

function tables({ products }: Names): Offer[] {
  const domains = new Set(products.map((product) => product.name.split('.')[0] ?? ''));
  return [
    ...products.flatMap((product) =>
      product.ports.map(
        (port): Offer => ({
          label: port.name,
          kind: 'port',
          detail: port.readable ? undefined : 'no access',
        }),
      ),
    ),
    ...[...domains].map((domain): Offer => ({ label: domain, kind: 'domain' })),
  ];
}

/** What lies in a domain or a product, or the columns of a port by its full name. */
function inside(prefix: string[], names: Names): Offer[] {
  const [domain, product, port] = prefix;
  const within = names.products.filter((one) => one.name.startsWith(`${domain}.`));
  if (prefix.length === 1) {
    return within.map((one) => ({
      label: one.name.slice(one.name.indexOf('.') + 1),
      kind: 'product',
    }));
  }
  const found = within.find((one) => one.name === `${domain}.${product}`);
  if (prefix.length === 2) {
    return (found?.ports ?? []).map((one) => ({
      label: one.name.slice(one.name.lastIndexOf('.') + 1),
      kind: 'port',
      detail: one.readable ? undefined : 'no access',
    }));
  }
  return prefix.length === 3 ? columns(`${domain}.${product}.${port}`, names) : [];
}

/** The columns of a table that is named by its alias or by the last part of its name. */
function ofTable(written: string, sql: string, names: Names): Offer[] {
  const use = tablesIn(sql).find(
    (one) => one.alias === written || (one.alias === null && one.name.endsWith(`.${written}`)),
  );
  return use === undefined ? [] : columns(use.name, names);
}

function columnsAndAliases(sql: string, names: Names): Offer[] {
  const uses = tablesIn(sql);
  const found = new Map<string, Offer>();
  for (const use of uses) {
    for (const offer of columns(use.name, names)) {
      if (!found.has(offer.label)) found.set(offer.label, offer);
    }
  }
  const aliases = uses.flatMap((use): Offer[] =>
    use.alias === null ? [] : [{ label: use.alias, kind: 'alias', detail: use.name }],
  );
  return [...found.values(), ...aliases];
}

function columns(port: string, names: Names): Offer[] {
  return (names.columnsOf(port) ?? [])
    .filter((column) => column.sees !== 'hidden')
    .map((column) => {
      const insert = identifier(column.name);
      return {
        label: column.name,
        kind: 'column',
        detail: column.sees === 'masked' ? `${column.type} · masked` : column.type,
        ...(insert === column.name ? {} : { insert }),
      };
    });
}
