import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

export type Column = components['schemas']['Column'];
export type Product = components['schemas']['Product'];
export type Contract = components['schemas']['Contract'];

/** `sales.orders.lines` in its three parts, or null for what is no name of a port. */
export function partsOf(
  port: string | null | undefined,
): { domain: string; product: string; port: string } | null {
  const [domain, product, name, ...rest] = (port ?? '').split('.');
  return domain && product && name && rest.length === 0 ? { domain, product, port: name } : null;
}

/** Names of all ports that the signed-in person may know of, in order. */
export const portNamesQuery = queryOptions({
  queryKey: ['products', 'port names'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const query = { limit: 1000 };
    const products = await read(api.GET('/api/v1/products', { params: { query }, signal }));
    return products.items.flatMap((product) => product.ports.map((port) => port.name)).sort();
  },
});

/** The product of a port with all its ports. */
export function productOfPortQuery(port: string | null | undefined) {
  const parts = partsOf(port);
  const path = { domain: parts?.domain ?? '', product: parts?.product ?? '' };
  return queryOptions({
    queryKey: ['product', path.domain, path.product, 'of port'],
    enabled: parts !== null,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/products/{domain}/{product}', { params: { path }, signal })),
  });
}

/** The contract of a port, with the roles under which access is asked for. */
export function contractQuery(port: string | null | undefined) {
  const path = partsOf(port) ?? { domain: '', product: '', port: '' };
  return queryOptions({
    queryKey: ['contract', path.domain, path.product, path.port, 'of port'],
    enabled: partsOf(port) !== null,
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      read(
        api.GET('/api/v1/ports/{domain}/{product}/{port}/contract', { params: { path }, signal }),
      ),
  });
}
