import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { components } from '@/api/schema';

export type Run = components['schemas']['Run'];
export type RevisionStory = components['schemas']['RevisionStory'];
export type RevisionStep = components['schemas']['RevisionStep'];
export type Diagnostic = components['schemas']['RunDiagnostic'];
export type RunStep = components['schemas']['RunStep'];

/** The newest `limit` runs. */
export function runsQuery(limit: number) {
  return queryOptions({
    queryKey: ['runs', limit],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/runs', { params: { query: { limit } }, signal })),
    // One that runs is looked at each second; its end is also told by an event. The stream of events may open after
    // the list was answered, so the list is looked at now and then whatever comes.
    refetchInterval: ({ state }) =>
      state.data?.items.some((run) => run.status === 'running') ? 1000 : 10_000,
  });
}

/** What became of a commit. While it runs it is asked for each second; one that is not known yet, every three. */
export function revisionQuery(sha: string) {
  return queryOptions({
    queryKey: ['revision', sha],
    queryFn: async ({ signal }): Promise<RevisionStory | null> => {
      try {
        return await read(
          api.GET('/api/v1/revisions/{sha}', { params: { path: { sha } }, signal }),
        );
      } catch (error) {
        if (asProblem(error).notFound) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) =>
      state.data === null ? 3000 : state.data?.state === 'running' ? 1000 : false,
  });
}
