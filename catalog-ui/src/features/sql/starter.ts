import type { Column, Port } from '@/api/catalog';
import { identifier } from '@/features/sql/statement';

const text = /^(string|varchar|char|text|boolean)/i;
const instant = /^(date|timestamp)/i;
const number = /^(tinyint|smallint|int|integer|bigint|float|double|real|decimal|numeric)/i;
const identifierLike = /(^|_)(id|uuid|key|hash|email|phone|name|address|url|tailnum)$/i;
const kindLike =
  /(^|_)(type|kind|status|state|category|class|group|level|tier|programme|program|channel|reason|carrier|origin|dest|country|region|city|code|manufacturer|model|month|year|tzone|dst)(_|$)/i;
const measureLike =
  /(delay|amount|price|cost|total|count|points|distance|duration|temp|value|share|rate|seats|flights|members|pressure|speed)/i;

/**
 * A first query of a port that answers something: how many rows there are of each kind, and one figure of them.
 * Without a column to group by it counts rows; never `SELECT *`.
 */
export function starterQuery(port: Pick<Port, 'name' | 'columns' | 'primaryKey'>): string {
  const seen = port.columns.filter((column) => column.sees === 'clear');
  const group = best(seen, (column) => groupScore(column, port.primaryKey));
  if (group === null) return `SELECT count(*) AS row_count\nFROM ${port.name}`;

  const measure = best(
    seen.filter((column) => column !== group),
    (column) => measureScore(column, port.primaryKey),
  );
  const by = instant.test(group.type)
    ? `date_trunc('month', ${identifier(group.name)})`
    : identifier(group.name);
  const shown = instant.test(group.type) ? `${by} AS month` : by;
  const columns = [shown, 'count(*) AS row_count'];
  if (measure !== null) {
    const cell = identifier(measure.name);
    columns.push(`round(avg(${cell}), 2) AS ${identifier(`avg_${measure.name}`)}`);
  }
  const order = instant.test(group.type) ? '1' : 'row_count DESC';
  return `SELECT ${columns.join(', ')}\nFROM ${port.name}\nGROUP BY ${by}\nORDER BY ${order}`;
}

function best(columns: Column[], score: (column: Column) => number): Column | null {
  let chosen: Column | null = null;
  let most = 0;
  for (const column of columns) {
    const points = score(column);
    if (points > most) [chosen, most] = [column, points];
  }
  return chosen;
}

/** How well rows group by it: few values that mean something. 0 where they do not. */
function groupScore(column: Column, key: readonly string[]): number {
  const onlyKey = key.length === 1 && key[0] === column.name;
  if (column.unique || onlyKey) return 0;
  const says = kindLike.test(column.name) ? 4 : 0;
  if (identifierLike.test(column.name)) return 0;
  if (text.test(column.type)) return 3 + says;
  if (instant.test(column.type)) return 2;
  return number.test(column.type) && says > 0 ? 2 : 0;
}

function measureScore(column: Column, key: readonly string[]): number {
  if (!number.test(column.type) || key.includes(column.name) || column.unique) return 0;
  if (identifierLike.test(column.name) || kindLike.test(column.name)) return 0;
  return measureLike.test(column.name) ? 1 : 0;
}
