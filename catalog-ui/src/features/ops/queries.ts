import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { components } from '@/api/schema';

export type Ops = components['schemas']['Ops'];
export type QueryLine = components['schemas']['QueryLine'];
export type DeniedLine = components['schemas']['DeniedLine'];

const forbidden = 403;

/** How the platform fares, asked again every ten seconds while somebody looks; null for whom it is not told. */
export const opsQuery = queryOptions({
  queryKey: ['ops'],
  queryFn: async ({ signal }): Promise<Ops | null> => {
    try {
      return await read(api.GET('/api/v1/ops', { signal }));
    } catch (error) {
      if (asProblem(error).problem.status === forbidden) return null;
      throw error;
    }
  },
  refetchInterval: ({ state }) => (state.data ? 10_000 : false),
});
