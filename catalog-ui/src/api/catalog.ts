import { queryOptions } from '@tanstack/react-query';
import { fetchRaw } from '@/api/client';

/** How a person sees a column: as it is, changed, not at all, or not without access to the port. */
export type Sees = 'clear' | 'masked' | 'hidden' | 'denied';

export interface PortSummary {
  name: string;
  description: string;
  kind: string;
  readable: boolean;
  rows: number | null;
}

export interface ProductSummary {
  name: string;
  title: string | null;
  owner: string;
  release: number;
  at: string;
  ports: PortSummary[];
}

export interface Column {
  name: string;
  description: string;
  type: string;
  required: boolean;
  unique: boolean;
  primaryKeyPosition: number | null;
  classification: string | null;
  tags: string[];
  sees: Sees;
  mask: string | null;
}

export interface ServiceLevel {
  check: string;
  outcome: string;
}

export interface Port {
  name: string;
  description: string;
  kind: string;
  columns: Column[];
  primaryKey: string[];
  readable: boolean;
  hidesRows: boolean;
  rows: number | null;
  tableVersion: number | null;
  release: number;
  at: string;
  quality: { passed: number; failed: number; unknown: number; at: string | null };
  serviceLevels: ServiceLevel[];
}

export interface Product {
  name: string;
  title: string | null;
  owner: string;
  contact: string | null;
  purposes: string[];
  feeds: string[];
  ports: Port[];
  at: string;
  release: number;
}

export interface Connection {
  client: string;
  title: string;
  language: string;
  text: string;
  install: string;
}

export interface Connections {
  port: string | null;
  flight: string;
  http: string;
  clients: Connection[];
}

interface PageOf<T> {
  items: T[];
  next: string | null;
}

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetchRaw(path, { signal, headers: { accept: 'application/json' } });
  return (await answer.json()) as T;
}

/** `?a=1&b=2` of what is said; nothing of what is not. */
function query(values: Record<string, string | number | null | undefined>): string {
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

function path(name: string): string {
  return name.split('.').map(encodeURIComponent).join('/');
}

const pagesMax = 20;

/** Every product that the person may discover, with its ports; 20,000 at most. */
export const productsQuery = queryOptions({
  queryKey: ['products', 'all'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const all: ProductSummary[] = [];
    let after: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const part: PageOf<ProductSummary> = await getJson(
        `/api/v1/products${query({ limit: 1000, after })}`,
        signal,
      );
      all.push(...part.items);
      after = part.next;
      if (after === null) break;
    }
    return all;
  },
});

/** One port as the person sees it, column by column. */
export function portQuery(name: string) {
  return queryOptions({
    queryKey: ['port', name],
    staleTime: 60_000,
    queryFn: ({ signal }) => getJson<Port>(`/api/v1/ports/${path(name)}`, signal),
  });
}

/** One product, by `domain.product`. */
export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['product', name],
    staleTime: 60_000,
    queryFn: ({ signal }) => getJson<Product>(`/api/v1/products/${path(name)}`, signal),
  });
}

/** Texts that connect clients to a port, or to the mesh. */
export function connectQuery(port?: string) {
  return queryOptions({
    queryKey: ['connect', port ?? null],
    staleTime: 60_000,
    queryFn: ({ signal }) => getJson<Connections>(`/api/v1/connect${query({ port })}`, signal),
  });
}

export interface LineageStep {
  kind: 'direct' | 'indirect';
  detail: string;
}

/** The upper left corner of a box, and its size. */
export interface LineagePlace {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface LineageNode {
  id: string;
  level: 'product' | 'port' | 'column';
  product: string;
  port: string | null;
  column: string | null;
  hops: number;
  owner?: string | null;
  state?: { freshness: string | null; failedChecks: number } | null;
  place?: LineagePlace | null;
  cluster?: string | null;
}

export interface LineageEdge {
  from: string;
  to: string;
  how: LineageStep[];
  declaredOnly?: boolean;
  release: number;
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

export interface Lineage {
  focus: string;
  level: 'product' | 'port' | 'column';
  nodes: LineageNode[];
  edges: LineageEdge[];
  complete: boolean;
  clusters?: LineageCluster[];
  clusterEdges?: { from: string; to: string; count: number }[];
}

export interface LineageAsked {
  focus: string;
  level?: string;
  up: number;
  down: number;
}

/** What lies around a product, port or column. */
export function lineageQuery({ focus, level, up, down }: LineageAsked) {
  return queryOptions({
    queryKey: ['lineage', focus, level ?? null, up, down],
    staleTime: 30_000,
    queryFn: ({ signal }) =>
      getJson<Lineage>(`/api/v1/lineage${query({ focus, level, up, down })}`, signal),
  });
}

/** A bearer token for the person, made on demand. */
export async function makeToken(seconds: number): Promise<{ token: string; until: string }> {
  const answer = await fetchRaw('/api/v1/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ seconds }),
  });
  return (await answer.json()) as { token: string; until: string };
}
