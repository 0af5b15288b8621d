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

/** A mask as people say it: the server's words are those of the rules. */
function maskWords(mask: string): string {
  return mask === 'null' ? t('maskEmpty') : mask.replaceAll('_', ' ');
}

/** How one column is seen, as a tone with its own mark and in words. */
export function seeing(column: ColumnAnswer): { tone: Tone; text: string } {
  switch (column.sees) {
    case 'clear':
      return { tone: 'good', text: t('clear') };
    case 'masked':
      return {
        tone: 'masked',
        text: column.mask ? t('maskedAs', maskWords(column.mask)) : t('maskedPlain'),
      };
    case 'hidden':
      return { tone: 'hidden', text: t('hiddenPlain') };
    default:
      return { tone: 'hidden', text: t('deniedPlain') };
  }
}

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
] as const;

/** `36 hours`, `7 days`: in the greatest unit of which it is a whole number, else in seconds. */
export function lengthOfTime(ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => ms % length === 0) ?? ['seconds', 1000];
  return t(unit, ms / length);
}

/** The port of a product that is asked for by name, else the first one. */
export function chosenPort(
  ports: readonly PortAnswer[],
  name: string | undefined,
): PortAnswer | undefined {
  return ports.find((port) => port.name.endsWith(`.${name}`)) ?? ports[0];
}

/**
 * A first query worth running: columns by name and at most eight of them, those read in clear before masked ones and
 * the key before others, never `SELECT *`. Empty where nothing may be read.
 */
export function starterQuery(port: PortAnswer): string {
  const rank = (column: ColumnAnswer) =>
    (column.sees === 'clear' ? 0 : 2000) + (column.primaryKeyPosition ?? 1000);
  const first = port.columns
    .filter((column) => column.sees === 'clear' || column.sees === 'masked')
    .sort((a, b) => rank(a) - rank(b));
  const names = first.slice(0, 8).map((column) => column.name);
  if (!port.readable || names.length === 0) return '';
  return `SELECT ${wrapped(names)}\nFROM ${port.name}\nLIMIT 100`;
}

/** Names with commas, on lines of some forty letters that stand below each other. */
function wrapped(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const last = lines.length - 1;
    const line = lines[last] ?? '';
    if (line !== '' && line.length + name.length > 40) lines.push(name);
    else lines[last] = line === '' ? name : `${line}, ${name}`;
  }
  return lines.join(',\n       ');
}

/** The promises about how old rows are; those about how queries are answered are apart. */
export function agingLevels(ports: readonly PortAnswer[]) {
  const names = ['freshness', 'retention'];
  return ports.flatMap((port) => port.serviceLevels.filter((level) => names.includes(level.name)));
}

/** Whether these promises are kept; `null` where there are none. */
export function freshness(ports: readonly PortAnswer[]): 'kept' | 'broken' | 'unknown' | null {
  const levels = agingLevels(ports);
  if (levels.length === 0) return null;
  if (levels.some((level) => level.outcome === 'failed')) return 'broken';
  return levels.every((level) => level.outcome === 'passed') ? 'kept' : 'unknown';
}
