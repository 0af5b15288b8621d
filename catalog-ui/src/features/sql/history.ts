/** A statement that was run, as it is kept in this browser for its person only. */
export interface PastRun {
  at: string;
  sql: string;
  purpose: string;
  asOf: string;
  limit: number;
  outcome: 'rows' | 'problem' | 'cancelled';
  rows: number | null;
  seconds: number;
  code: string | null;
}

const keptMax = 100;

/** The newest first. The same statement run again moves to the top. */
export function remembered(past: readonly PastRun[], run: PastRun): PastRun[] {
  const same = (other: PastRun) =>
    other.sql === run.sql && other.purpose === run.purpose && other.asOf === run.asOf;
  return [run, ...past.filter((other) => !same(other))].slice(0, keptMax);
}

export function readHistory(text: string | null): PastRun[] {
  if (text === null) return [];
  try {
    const kept: unknown = JSON.parse(text);
    return Array.isArray(kept) ? kept.filter((run) => typeof run?.sql === 'string') : [];
  } catch {
    return [];
  }
}
