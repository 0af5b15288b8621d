import type { Answer } from '@/features/sql/answer';
import { cellNumber, cellText, isInstant, isNumeric } from '@/features/sql/cell-text';

export interface ChartChoice {
  x: number;
  y: number;
  kind: 'bar' | 'line';
}

export interface Points {
  /** What stands below each point, in order. */
  labels: string[];
  values: (number | null)[];
  /** Seconds since 1970 where the points are instants. */
  instants: number[] | null;
  /** Whether rows were left out. */
  cut: boolean;
}

const [barsMax, pointsMax] = [200, 5000];

/** The columns that can stand up: those of numbers. */
export function upright(answer: Answer): number[] {
  return answer.columns.flatMap(({ type }, at) => (isNumeric(type) ? [at] : []));
}

/** A first choice that says something: an instant as a line, else a kind as bars; null where there is none. */
export function firstChoice(answer: Answer): ChartChoice | null {
  const numbers = upright(answer);
  const others = answer.columns.map((_, at) => at).filter((at) => !numbers.includes(at));
  const instant = others.find((at) => isInstant(answer.columns[at]?.type ?? { typeId: 1 }));
  const x = instant ?? others[0] ?? numbers[0];
  const y = numbers.find((at) => at !== x);
  if (x === undefined || y === undefined) return null;
  return { x, y, kind: instant === undefined ? 'bar' : 'line' };
}

/** The points of a choice in the order of the rows; instants in the order of time. */
export function pointsOf(answer: Answer, rows: number, { x, y, kind }: ChartChoice): Points {
  const [across, up] = [answer.columns[x], answer.columns[y]];
  if (!across || !up) return { labels: [], values: [], instants: null, cut: false };
  const most = kind === 'bar' ? barsMax : pointsMax;
  const count = Math.min(rows, most);
  const all = Array.from({ length: count }, (_, row) => ({
    label: cellText(answer.at(row, x), across.type) ?? 'null',
    value: cellNumber(answer.at(row, y), up.type),
    at: isInstant(across.type) ? cellNumber(answer.at(row, x), across.type) : null,
  }));
  const timed = kind === 'line' && isInstant(across.type);
  const points = timed
    ? all.filter(({ at }) => at !== null).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
    : all;
  return {
    labels: points.map(({ label }) => label),
    values: points.map(({ value }) => value),
    instants: timed ? points.map(({ at }) => at ?? 0) : null,
    cut: rows > most,
  };
}
