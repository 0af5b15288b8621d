import { queryOptions } from '@tanstack/react-query';
import { api, fetchRaw, read } from '@/api/client';
import type { AccessRequest } from '@/api/requests';

export interface Probed {
  /** Whether the engine shows everything that was granted. */
  holds: boolean;
  at: string;
}

/** A name as SQL writes it, whatever letters it has. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Whether what was granted really holds, asked of the engine as the person it was granted to: the rules explain each
 * column as seen in clear, and a query that names them is let through.
 */
export function probeQuery(request: AccessRequest) {
  const columns = request.grant?.columns ?? request.columns;
  const purpose = request.purpose ?? null;
  return queryOptions({
    queryKey: ['probe', request.id, request.grant?.since ?? null, request.state],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ signal }): Promise<Probed> => {
      const asked = columns.length > 0 ? columns : [null];
      const answers = await Promise.all(
        asked.map((column) =>
          read(
            api.POST('/api/v1/access/explain', {
              body: { port: request.port, column, purpose },
              signal,
            }),
          ),
        ),
      );
      const seen = answers.every(({ items }) =>
        items.every((one) => one.sees === 'clear' || one.sees === 'readable'),
      );
      const names = columns.length > 0 ? columns.map(quoted).join(', ') : '*';
      const sql = `SELECT ${names} FROM ${request.port} LIMIT 0`;
      const answer = await fetchRaw('/api/v1/sql', {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({ sql, purpose }),
        signal,
      });
      const { problem } = (await answer.json()) as { problem?: unknown };
      return { holds: seen && !problem, at: new Date().toISOString() };
    },
  });
}
