import { queryOptions } from '@tanstack/react-query';
import { fetchRaw } from '@/api/client';
import type { OpenApi } from '@/features/docs/openapi';

/** The pages of all codes. They come with the catalog: nothing is asked of the server but a file. */
export const errorPagesQuery = queryOptions({
  queryKey: ['docs', 'errors'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => (await import('@/features/docs/error-pages')).errorPages,
});

/** The description of everything that the server answers. */
export const openApiQuery = queryOptions({
  queryKey: ['docs', 'openapi'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) =>
    (await (await fetchRaw('/openapi.json', { signal })).json()) as OpenApi,
});
