import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type SearchAnswer = Schemas['SearchAnswer'];
export type SearchHit = Schemas['SearchHit'];
export type SearchMatch = Schemas['SearchMatch'];

/** A question as the address holds it. */
export interface SearchQuestion {
  q?: string;
  kind?: string;
  domain?: string;
  can_query?: string;
}

function query(question: SearchQuestion) {
  return {
    q: question.q,
    kind: question.kind,
    domain: question.domain,
    canQuery: question.can_query === undefined ? undefined : question.can_query === 'true',
  };
}

/** Hits with facets and the reason of each, part by part. While somebody types, the last answer stays on screen. */
export function searchQuery(question: SearchQuestion) {
  return infiniteQueryOptions({
    queryKey: ['search', question],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      read(
        api.GET('/api/v1/search', {
          params: { query: { ...query(question), after: pageParam } },
          signal,
        }),
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
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/search', { params: { query: { q, limit: 6 } }, signal })),
  });
}
