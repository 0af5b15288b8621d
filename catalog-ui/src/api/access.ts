import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

export type Explanation = components['schemas']['Explanation'];
export type ExplainRequest = components['schemas']['ExplainRequest'];
export type Roster = components['schemas']['Roster'];
export type RosterRequest = components['schemas']['RosterRequest'];
export type RuleLine = components['schemas']['RuleLine'];
export type SimulatedChange = components['schemas']['SimulatedChange'];

/** Why somebody sees a port or a column as they do: one answer for each port that the question is about. */
export function explainQuery(question: ExplainRequest) {
  return queryOptions({
    queryKey: ['explain', question],
    queryFn: async ({ signal }) =>
      (await read(api.POST('/api/v1/access/explain', { body: question, signal }))).items,
  });
}

/** Everyone who is known, by how they see a port or one of its columns. */
export function rosterQuery(asked: RosterRequest) {
  return queryOptions({
    queryKey: ['roster', asked],
    queryFn: ({ signal }) => read(api.POST('/api/v1/access/roster', { body: asked, signal })),
  });
}

/** `products/sales/access.csv:12`, or nothing for what stands in no file. */
export function placeOf(line: RuleLine): string | null {
  return line.file ? `${line.file}${line.line ? `:${line.line}` : ''}` : null;
}
