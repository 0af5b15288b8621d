import { makeToken } from '@/api/catalog';
import { serverBase } from '@/api/client';
import { type ApiProblem, asProblem, problemOf } from '@/api/problem';
import { t } from '@/features/connect/words';

export interface Step {
  id: 'server' | 'token' | 'plain' | 'port';
  label: string;
  state: 'waiting' | 'running' | 'passed' | 'failed' | 'skipped';
  milliseconds: number | null;
  /** What came of it, where there is more to say. */
  detail: string | null;
  problem: ApiProblem | null;
}

const tokenSeconds = 60;

/** The steps of a test, before any of them is tried. */
export function stepsOf(port: string | null): Step[] {
  const step = (id: Step['id'], label: string): Step => ({
    id,
    label,
    state: 'waiting',
    milliseconds: null,
    detail: null,
    problem: null,
  });
  return [
    step('server', t('stepServer')),
    step('token', t('stepToken')),
    step('plain', t('stepPlain')),
    ...(port === null ? [] : [step('port', t('stepPort', port))]),
  ];
}

/**
 * Tries step after step and tells after each how far it has come; the first that fails ends it. Queries carry a new token and
 * no cookie, as a client's would.
 */
export async function probe(
  port: string | null,
  onSteps: (steps: Step[]) => void,
  signal: AbortSignal,
): Promise<Step[]> {
  let steps = stepsOf(port);
  let token = '';
  const tries: Record<Step['id'], () => Promise<string | null>> = {
    server: async () => {
      await checked(fetch(`${serverBase()}/health/ready`, { signal }));
      return null;
    },
    token: async () => {
      token = (await makeToken(tokenSeconds)).token;
      return null;
    },
    plain: async () => {
      await rowsOf('SELECT 1', token, signal);
      return null;
    },
    port: async () => t('rowsSeen', await rowsOf(`SELECT * FROM ${port} LIMIT 1`, token, signal)),
  };
  const change = (id: Step['id'], next: Partial<Step>) => {
    steps = steps.map((step) => (step.id === id ? { ...step, ...next } : step));
    onSteps(steps);
  };
  for (const { id } of steps) {
    const begun = performance.now();
    const passed = () => performance.now() - begun;
    change(id, { state: 'running' });
    try {
      const detail = await tries[id]();
      change(id, { state: 'passed', milliseconds: passed(), detail });
    } catch (error) {
      if (signal.aborted) throw error;
      change(id, { state: 'failed', milliseconds: passed(), problem: asProblem(error) });
      steps = steps.map((step) =>
        step.state === 'waiting' ? { ...step, state: 'skipped' } : step,
      );
      onSteps(steps);
      break;
    }
  }
  return steps;
}

/** How many rows a query has, asked as a client that knows nothing of this browser. */
async function rowsOf(sql: string, token: string, signal: AbortSignal): Promise<number> {
  const answer = await checked(
    fetch(`${serverBase()}/api/v1/sql`, {
      method: 'POST',
      credentials: 'omit',
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify({ sql, limit: 1 }),
    }),
  );
  const { rows } = (await answer.json()) as { rows: unknown[] };
  return rows.length;
}

async function checked(call: Promise<Response>): Promise<Response> {
  const answer = await call;
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}
