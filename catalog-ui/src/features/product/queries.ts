import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';
import { productOf } from '@/ui/names';

type Schemas = components['schemas'];
export type ProductAnswer = Schemas['Product'];
export type PortAnswer = Schemas['Port'];
export type ColumnAnswer = Schemas['Column'];
export type CheckAnswer = Schemas['Check'];
export type ReleaseAnswer = Schemas['Release'];
export type UsageAnswer = Schemas['Usage'];
export type ContractAnswer = Schemas['Contract'];
export type LineageAnswer = Schemas['Lineage'];
export type SampleAnswer = Schemas['SqlAnswer'];

/** One product as the signed-in person may see it: all of the page but what its tabs look up. */
export function productQuery(domain: string, product: string) {
  return queryOptions({
    queryKey: ['product', domain, product],
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/products/{domain}/{product}', {
          params: { path: { domain, product } },
          signal,
        }),
      ),
  });
}

/** The parts of a port's name, as paths want them. */
function path(port: string) {
  return { ...productOf(port), port: port.split('.')[2] ?? '' };
}

export function contractQuery(port: string) {
  return queryOptions({
    queryKey: ['contract', port],
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/ports/{domain}/{product}/{port}/contract', {
          params: { path: path(port) },
          signal,
        }),
      ),
  });
}

export function checksQuery(port: string) {
  return queryOptions({
    queryKey: ['checks', port],
    queryFn: async ({ signal }) => {
      const answer = await read(
        api.GET('/api/v1/ports/{domain}/{product}/{port}/checks', {
          params: { path: path(port) },
          signal,
        }),
      );
      // Another format, which is text, comes only where it is asked for.
      return typeof answer === 'string' ? [] : answer.items;
    },
  });
}

export function usageQuery(port: string) {
  return queryOptions({
    queryKey: ['usage', port],
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/ports/{domain}/{product}/{port}/usage', {
          params: { path: path(port) },
          signal,
        }),
      ),
  });
}

/** A few rows, each as the policies let this person see it. */
export function sampleQuery(port: string) {
  return queryOptions({
    queryKey: ['sample', port],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/ports/{domain}/{product}/{port}/sample', {
          params: { path: path(port), query: { limit: 20 } },
          signal,
        }),
      ),
  });
}

export function releasesQuery(domain: string, product: string) {
  return queryOptions({
    queryKey: ['releases', domain, product],
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/products/{domain}/{product}/releases', {
          params: { path: { domain, product } },
          signal,
        }),
      ),
  });
}

/** What lies one step around a product, a port or a column. */
export function nearbyQuery(focus: string) {
  return queryOptions({
    queryKey: ['lineage', 'nearby', focus],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/lineage', { params: { query: { focus, hops: 1 } }, signal })),
  });
}
