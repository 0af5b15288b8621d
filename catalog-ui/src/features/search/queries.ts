import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { fetchRaw } from '@/api/client';
import type { SearchAnswer } from '@/api/search';

/** A question as the address holds it. */
export interface SearchQuestion {
  q?: string;
  kind?: string;
  domain?: string;
  can_query?: string;
}

async function search(asked: Record<string, string | undefined>, signal: AbortSignal) {
  const given = Object.entries(asked).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  const response = await fetchRaw(`/api/v1/search?${new URLSearchParams(given)}`, { signal });
  return (await response.json()) as SearchAnswer;
}

/** Hits with facets and the reason of each, part by part. While somebody types, the last answer stays on screen. */
export function searchQuery({ q, kind, domain, can_query }: SearchQuestion) {
  return infiniteQueryOptions({
    queryKey: ['search', { q, kind, domain, can_query }],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      search({ q, kind, domain, canQuery: can_query, after: pageParam }, signal),
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

/** The first few hits, for the command palette. */
export function quickSearchQuery(q: string) {
  return queryOptions({
    queryKey: ['search', 'quick', q],
    enabled: q.length > 1,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => search({ q, limit: '6' }, signal),
  });
}
