import { queryOptions } from '@tanstack/react-query';
import type { SimulatedChange } from '@/api/access';
import { api, read } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { components } from '@/api/schema';

export type Policies = components['schemas']['Policies'];
export type PolicyRule = components['schemas']['PolicyRule'];
export type Planned = components['schemas']['Planned'];

/** The rules in force, as far as the signed-in person may know them. */
export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/policies', { signal })),
});

/** The text of a file of the revision in force; null for one that is not there, or not for this person. */
export function fileQuery(path: string) {
  return queryOptions({
    queryKey: ['policies', 'file', path],
    queryFn: async ({ signal }): Promise<string | null> => {
      try {
        return (await read(api.GET('/api/v1/files', { params: { query: { path } }, signal }))).text;
      } catch (error) {
        if (asProblem(error).notFound) return null;
        throw error;
      }
    },
  });
}

/** Texts by path; null takes the file away. */
export type Texts = Record<string, string | null>;

export interface Worked {
  revision: string;
  changes: SimulatedChange[];
  /** What would be done besides; null for somebody who is not told of plans. */
  planned: Planned | null;
}

/** What texts would come to if they took the place of those in force. Nothing is changed by asking. */
export async function workOut(files: Texts): Promise<Worked> {
  const [simulated, planned] = await Promise.all([
    read(api.POST('/api/v1/access/simulate', { body: { files } })),
    read(api.POST('/api/v1/plan', { body: { files } })).catch((error: unknown) => {
      if (asProblem(error).problem.status === 403) return null;
      throw error;
    }),
  ]);
  return { ...simulated, planned };
}
