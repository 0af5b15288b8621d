import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

export type DomainAnswer = components['schemas']['Domain'];
export type ProductOfDomain = components['schemas']['OwnProduct'];

/** One domain with those of its products that the signed-in person may discover, and how they fare. */
export function domainQuery(domain: string) {
  return queryOptions({
    queryKey: ['domain', domain],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/domains/{domain}', { params: { path: { domain } }, signal })),
  });
}
