import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { SearchQuery } from '@/api/search';

/** A question as the address holds it. */
export interface SearchQuestion {
  q?: string;
  kind?: string;
  domain?: string;
  can_query?: string;
}

function search(query: SearchQuery, signal: AbortSignal) {
  return read(api.GET('/api/v1/search', { params: { query }, signal }));
}

/** Hits with facets and the reason of each, part by part. While somebody types, the last answer stays on screen. */
export function searchQuery({ q, kind, domain, can_query }: SearchQuestion) {
  return infiniteQueryOptions({
    queryKey: ['search', { q, kind, domain, can_query }],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      search(
        {
          q,
          // What the address holds may be anything: the server says what it thinks of it.
          kind: kind as SearchQuery['kind'],
          domain,
          canQuery: can_query === undefined ? undefined : can_query === 'true',
          after: pageParam,
        },
        signal,
      ),
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

/** The first few hits, for the command palette. */
export function quickSearchQuery(q: string) {
  return queryOptions({
    queryKey: ['search', 'quick', q],
    enabled: q.length > 1,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => search({ q, limit: 6 }, signal),
  });
}
