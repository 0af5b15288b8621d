import type { ColumnAnswer, PortAnswer } from '@/features/product/queries';
import { t } from '@/features/product/words';
import type { Tone } from '@/ui/badge';

/** What the person reads of some columns, counted. */
export interface Seen {
  all: number;
  clear: number;
  masked: number;
  hidden: number;
  denied: number;
}

export function seenOf(columns: readonly ColumnAnswer[]): Seen {
  const seen: Seen = { all: columns.length, clear: 0, masked: 0, hidden: 0, denied: 0 };
  for (const column of columns) {
    if (column.sees === 'clear') seen.clear += 1;
    else if (column.sees === 'masked') seen.masked += 1;
    else if (column.sees === 'hidden') seen.hidden += 1;
    else seen.denied += 1;
  }
  return seen;
}

export function isHeldBack(column: ColumnAnswer): boolean {
  return column.sees !== 'clear';
}

/** How one column is seen, as a tone with its own mark and in words. */
export function seeing(column: ColumnAnswer): { tone: Tone; text: string } {
  switch (column.sees) {
    case 'clear':
      return { tone: 'good', text: t('clear') };
    case 'masked':
      return {
        tone: 'masked',
        text: column.mask ? t('maskedAs', column.mask) : t('maskedPlain'),
      };
    case 'hidden':
      return { tone: 'hidden', text: t('hiddenPlain') };
    default:
      return { tone: 'hidden', text: t('deniedPlain') };
  }
}

/** The port of a product that is asked for by name, else the first one. */
export function chosenPort(
  ports: readonly PortAnswer[],
  name: string | undefined,
): PortAnswer | undefined {
  return ports.find((port) => port.name.endsWith(`.${name}`)) ?? ports[0];
}

/**
 * A first query worth running: the columns that are read in clear by name, the key first and at most eight, never
 * `SELECT *`. Empty where nothing may be read.
 */
export function starterQuery(port: PortAnswer): string {
  const clear = port.columns.filter((column) => column.sees === 'clear');
  const first = [...clear].sort(
    (a, b) => (a.primaryKeyPosition ?? 1000) - (b.primaryKeyPosition ?? 1000),
  );
  const names = first.slice(0, 8).map((column) => column.name);
  if (!port.readable || names.length === 0) return '';
  return `SELECT ${names.join(', ')}\nFROM ${port.name}\nLIMIT 100`;
}

/** Whether the promises measured by the clock are kept; `null` where there are none. */
export function freshness(ports: readonly PortAnswer[]): 'kept' | 'broken' | 'unknown' | null {
  const levels = ports.flatMap((port) => port.serviceLevels);
  if (levels.length === 0) return null;
  if (levels.some((level) => level.outcome === 'failed')) return 'broken';
  return levels.every((level) => level.outcome === 'passed') ? 'kept' : 'unknown';
}
