import { fetchRaw } from '@/api/client';
import { ApiProblem, asProblem } from '@/api/problem';
import type { Answer } from '@/features/sql/answer';
import { t } from '@/features/sql/words';

/** What is asked: a statement and what goes with it. */
export interface Asked {
  sql: string;
  purpose: string;
  limit: number;
  /** RFC 3339, or empty for now. */
  asOf: string;
}

/** One run of a statement, as far as it has come. A new object whenever something changed. */
export interface Run {
  asked: Asked;
  state: 'running' | 'done' | 'problem' | 'cancelled';
  startedAt: number;
  seconds: number;
  answer: Answer | null;
  /** Rows that were there when this object was made; the answer may have grown since. */
  rows: number;
  queryId: string | null;
  explainId: string | null;
  /** The instant at which a link finds these rows again. */
  asOf: string;
  problem: ApiProblem | null;
}

const told = 120;

/** The runs of the tabs of one page, by tab. */
export class Runs {
  private readonly runs = new Map<string, Run>();
  private readonly aborts = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  of(tab: string): Run | null {
    return this.runs.get(tab) ?? null;
  }

  /** Runs a statement in a tab, in the place of what ran there before, and returns how it ended. */
  async start(tab: string, asked: Asked): Promise<Run> {
    this.cancel(tab);
    const abort = new AbortController();
    this.aborts.set(tab, abort);
    const begun = performance.now();
    const now = new Date();
    const passed = () => (performance.now() - begun) / 1000;
    this.set(tab, {
      asked,
      state: 'running',
      startedAt: now.getTime(),
      seconds: 0,
      answer: null,
      rows: 0,
      queryId: null,
      explainId: null,
      asOf: asked.asOf,
      problem: null,
    });
    const mine = () => this.aborts.get(tab) === abort;
    const change = (next: Partial<Run>) => {
      const run = this.runs.get(tab);
      if (mine() && run) this.set(tab, { ...run, ...next, seconds: passed() });
    };
    try {
      // The reader of Arrow loads while the query runs.
      const [response, { readAnswer }] = await Promise.race([
        Promise.all([ask(asked, abort.signal), import('@/features/sql/answer')]),
        aborted(abort.signal),
      ]);
      change({
        queryId: response.headers.get('x-weft-query-id'),
        explainId: response.headers.get('x-weft-explain-id'),
        asOf: asked.asOf || servedAt(response, now),
      });
      if (!response.body) throw cutShort;
      let last = 0;
      const reading = readAnswer(response.body, (part) => {
        if (performance.now() - last < told) return;
        last = performance.now();
        change({ answer: part, rows: part.rows });
      });
      const answer = await Promise.race([reading, aborted(abort.signal)]);
      change({ state: 'done', answer, rows: answer.rows });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') {
        change({ state: 'cancelled' });
      } else {
        const part = partOf(error);
        const problem = part === undefined ? asProblem(error) : cutShort;
        change({ state: 'problem', problem, answer: part ?? null, rows: part?.rows ?? 0 });
      }
    }
    const ended = this.runs.get(tab) as Run;
    if (mine()) this.aborts.delete(tab);
    return ended;
  }

  /** Ends what runs in a tab, here and on the server. */
  cancel(tab: string): void {
    const run = this.runs.get(tab);
    if (run?.state !== 'running') return;
    endOnServer(run);
    this.aborts.get(tab)?.abort();
  }

  /** Ends everything that runs, when the page goes. */
  cancelAll(): void {
    for (const tab of this.runs.keys()) this.cancel(tab);
  }

  /** Lets go of a tab that was closed, and of its rows. */
  forget(tab: string): void {
    this.cancel(tab);
    this.runs.delete(tab);
    this.tell();
  }

  private set(tab: string, run: Run): void {
    this.runs.set(tab, run);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Refuses as soon as somebody cancels, whatever the network does about it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, refuse) => {
    const end = () => refuse(new DOMException('cancelled', 'AbortError'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

/** The rows before an answer broke off; undefined for every other kind of trouble. */
function partOf(error: unknown): Answer | null | undefined {
  return error instanceof Error && error.name === 'CutShort' && 'part' in error
    ? (error.part as Answer | null)
    : undefined;
}

const cutShort = new ApiProblem({
  title: t('problemCutShort'),
  status: 500,
  detail: t('problemCutShortDetail'),
});

function ask({ sql, purpose, limit, asOf }: Asked, signal: AbortSignal): Promise<Response> {
  return fetchRaw('/api/v1/sql', {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      accept: 'application/vnd.apache.arrow.stream',
    },
    body: JSON.stringify({
      sql,
      limit,
      ...(purpose === '' ? {} : { purpose }),
      ...(asOf === '' ? {} : { asOf }),
    }),
  });
}

/** Whoever hangs up cancels too; this also reaches a query behind a proxy that goes on reading. */
function endOnServer({ queryId }: Run): void {
  if (queryId === null) return;
  const path = `/api/v1/sql/${encodeURIComponent(queryId)}`;
  // It may have ended by itself meanwhile, which is as good.
  fetchRaw(path, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/** When the server answered, by its own clock where it tells. */
function servedAt(response: Response, fallback: Date): string {
  const date = new Date(response.headers.get('date') ?? '');
  return (Number.isNaN(date.getTime()) ? fallback : date).toISOString();
}
