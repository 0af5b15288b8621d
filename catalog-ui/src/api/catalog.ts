import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];

/** How a person sees a column: as it is, changed, not at all, or not without access to the port. */
export type Sees = 'clear' | 'masked' | 'hidden' | 'denied';

export type PortSummary = Schemas['PortSummary'];
export type ProductSummary = Schemas['ProductSummary'];
export type Column = Omit<Schemas['Column'], 'sees'> & { sees: Sees };
export type Port = Omit<Schemas['Port'], 'columns'> & { columns: Column[] };
export type Product = Schemas['Product'];
export type Connection = Schemas['Connection'];
export type Connections = Schemas['Connections'];

const pagesMax = 20;

/** Every product that the person may discover, with its ports; 20,000 at most. */
export const productsQuery = queryOptions({
  queryKey: ['products', 'all'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const all: ProductSummary[] = [];
    let after: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const query = { limit: 1000, after };
      const part = await read(api.GET('/api/v1/products', { params: { query }, signal }));
      all.push(...part.items);
      after = part.next ?? undefined;
      if (after === undefined) break;
    }
    return all;
  },
});

/** One port as the person sees it, column by column. */
export function portQuery(name: string) {
  return queryOptions({
    queryKey: ['port', name],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const [domain = '', product = '', port = ''] = name.split('.');
      const params = { path: { domain, product, port } };
      const url = '/api/v1/ports/{domain}/{product}/{port}';
      return (await read(api.GET(url, { params, signal }))) as Port;
    },
  });
}

/** One product, by `domain.product`. */
export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['product', 'by name', name],
    staleTime: 60_000,
    queryFn: ({ signal }) => {
      const [domain = '', product = ''] = name.split('.');
      const params = { path: { domain, product } };
      return read(api.GET('/api/v1/products/{domain}/{product}', { params, signal }));
    },
  });
}

/** Texts that connect clients to a port, or to the mesh. */
export function connectQuery(port?: string) {
  return queryOptions({
    queryKey: ['connect', port ?? null],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/connect', { params: { query: { port } }, signal })),
  });
}

export type LineageLevel = 'product' | 'port' | 'column';
export type LineageStep = Omit<Schemas['LineageStep'], 'kind'> & { kind: 'direct' | 'indirect' };

/** The upper left corner of a box, and its size. */
export interface LineagePlace {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the server says nothing of owner, state and place, the page finds them by itself. */
export interface LineageNode extends Omit<Schemas['LineageNode'], 'level'> {
  level: LineageLevel;
  owner?: string | null;
  state?: { freshness: string | null; failedChecks: number } | null;
  place?: LineagePlace | null;
  cluster?: string | null;
}

export interface LineageEdge extends Omit<Schemas['LineageEdge'], 'how'> {
  how: LineageStep[];
  declaredOnly?: boolean;
}

/** Nodes that are drawn together, where there are too many to draw each. */
export interface LineageCluster {
  id: string;
  domain: string;
  product: string | null;
  products: string[];
  count: number;
  hops: number;
  place: LineagePlace;
}

export interface Lineage extends Omit<Schemas['Lineage'], 'level' | 'nodes' | 'edges'> {
  level: LineageLevel;
  nodes: LineageNode[];
  edges: LineageEdge[];
  clusters?: LineageCluster[];
  clusterEdges?: { from: string; to: string; count: number }[];
}

export interface LineageAsked {
  focus: string;
  level?: LineageLevel;
  up: number;
  down: number;
}

/** What lies around a product, port or column. */
export function lineageQuery({ focus, level, up, down }: LineageAsked) {
  return queryOptions({
    queryKey: ['lineage', focus, level ?? null, up, down],
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const params = { query: { focus, level, up, down } };
      return (await read(api.GET('/api/v1/lineage', { params, signal }))) as Lineage;
    },
  });
}

/** A bearer token for the person, made on demand. */
export function makeToken(seconds: number): Promise<Schemas['Token']> {
  return read(api.POST('/api/v1/tokens', { body: { seconds } }));
}
