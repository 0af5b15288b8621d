import type { DeniedLine, Ops, QueryLine } from '@/features/ops/queries';

/** The slowest first; what did not end counts as nothing. */
export function slowest(queries: readonly QueryLine[]): QueryLine[] {
  return [...queries].sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
}

export interface Refused {
  principal: string;
  object: string;
  action: string;
  because: string[];
  times: number;
  last: string;
  /** The query of the newest refusal, which explains it. */
  query: string;
}

/** Refusals of the same thing to the same principal as one, the most frequent first. */
export function mostDenied(denied: readonly DeniedLine[]): Refused[] {
  const found = new Map<string, Refused>();
  for (const line of denied) {
    const key = [line.principal, line.object, line.action].join('\n');
    const known = found.get(key);
    if (!known) {
      const { principal, object, action, because, at, query } = line;
      found.set(key, { principal, object, action, because, times: 1, last: at, query });
      continue;
    }
    known.times += 1;
    if (line.at > known.last) {
      known.last = line.at;
      known.query = line.query;
    }
  }
  return [...found.values()].sort((a, b) => b.times - a.times || b.last.localeCompare(a.last));
}

/** What may be shown to anybody: states and figures, no names of people, no rules. */
export function diagnosticsOf(ops: Ops, browser: string): string {
  const durations = ops.queries.map((query) => query.durationMs ?? 0).sort((a, b) => a - b);
  const at = (share: number) => durations[Math.floor((durations.length - 1) * share)] ?? null;
  const outcomes: Record<string, number> = {};
  for (const { status } of ops.queries) outcomes[status] = (outcomes[status] ?? 0) + 1;
  return JSON.stringify(
    {
      version: ops.version,
      startedAt: ops.startedAt,
      revision: ops.revision ?? null,
      lights: ops.lights,
      queries: {
        count: ops.queries.length,
        outcomes,
        medianMs: at(0.5),
        slowestMs: durations.at(-1) ?? null,
      },
      refusals: ops.denied.length,
      browser,
    },
    null,
    2,
  );
}
