import { queryOptions } from '@tanstack/react-query';
import { fetchRaw } from '@/api/client';
import type { OpenApi } from '@/features/docs/openapi';

/** The description of everything that the server answers. */
export const openApiQuery = queryOptions({
  queryKey: ['docs', 'openapi'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) =>
    (await (await fetchRaw('/openapi.json', { signal })).json()) as OpenApi,
});
