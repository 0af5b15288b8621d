import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';

/** The requests that concern the signed-in person, newest first. The shell counts them, the inbox shows them. */
export const requestsQuery = queryOptions({
  queryKey: ['requests'],
  staleTime: 30_000,
  queryFn: ({ signal }) =>
    read(api.GET('/api/v1/access/requests', { params: { query: { limit: 200 } }, signal })),
});
