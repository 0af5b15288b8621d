import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import type { components } from '@/api/schema';

export type DomainSummary = components['schemas']['DomainSummary'];
export type ProductSummary = components['schemas']['ProductSummary'];

export interface DomainAnswer {
  domain: DomainSummary;
  products: ProductSummary[];
}

/** One domain with those of its products that the signed-in person may discover. */
export function domainQuery(name: string) {
  return queryOptions({
    queryKey: ['domain', name],
    queryFn: async ({ signal }): Promise<DomainAnswer> => {
      const [domains, products] = await Promise.all([
        read(api.GET('/api/v1/domains', { signal })),
        read(api.GET('/api/v1/products', { params: { query: { q: name } }, signal })),
      ]);
      const domain = domains.items.find((one) => one.name === name);
      if (!domain) {
        throw new ApiProblem({ title: `no domain ${name}`, status: 404 });
      }
      return {
        domain,
        products: products.items.filter((product) => product.name.startsWith(`${name}.`)),
      };
    },
  });
}
