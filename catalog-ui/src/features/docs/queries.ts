import { queryOptions } from '@tanstack/react-query';

/** The pages of all codes. They come with the catalog: nothing is asked of the server but a file. */
export const errorPagesQuery = queryOptions({
  queryKey: ['docs', 'errors'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => (await import('@/features/docs/error-pages')).errorPages,
});

/** The page of one code, likewise. */
export function errorPageQuery(code: string) {
  return queryOptions({
    queryKey: ['docs', 'errors', code],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await import('@/features/docs/error-page')).errorPage(code),
  });
}
