import type { Lineage, LineageEdge, LineageNode } from '@/api/catalog';

/** Every node that a walk along the edges reaches from `start`, without `start`. */
export function reached(
  edges: readonly LineageEdge[],
  start: string,
  way: 'up' | 'down',
): Set<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const [here, there] = way === 'down' ? [from, to] : [to, from];
    const ends = next.get(here);
    if (ends) ends.push(there);
    else next.set(here, [there]);
  }
  const found = new Set<string>();
  const queue = [start];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const end of next.get(at) ?? []) {
      if (end === start || found.has(end)) continue;
      found.add(end);
      queue.push(end);
    }
  }
  return found;
}

/** A node with all that goes into it and all that it goes into. */
export function connected(edges: readonly LineageEdge[], id: string): Set<string> {
  return new Set([id, ...reached(edges, id, 'up'), ...reached(edges, id, 'down')]);
}

export interface Broken {
  ports: number;
  products: number;
  columns: number;
  /** Who would have to be told, with what of theirs depends on it. */
  owners: { owner: string; ids: string[] }[];
}

/** What depends on a node within what is shown, and whose it is. */
export function wouldBreak(
  lineage: Lineage,
  id: string,
  ownerOf: (node: LineageNode) => string | null,
): Broken {
  const below = reached(lineage.edges, id, 'down');
  const nodes = lineage.nodes.filter((node) => below.has(node.id));
  const owners = new Map<string, string[]>();
  for (const node of nodes) {
    const owner = ownerOf(node) ?? '–';
    owners.set(owner, [...(owners.get(owner) ?? []), node.id]);
  }
  return {
    ports: new Set(nodes.flatMap((node) => node.port ?? [])).size,
    products: new Set(nodes.map((node) => node.product)).size,
    columns: nodes.filter((node) => node.level === 'column').length,
    owners: [...owners].map(([owner, ids]) => ({ owner, ids })),
  };
}

export function isBroken(node: LineageNode): boolean {
  return (node.state?.failedChecks ?? 0) > 0 || node.state?.freshness === 'late';
}

/** A line of the list: a node below the neighbour through which it is nearest to the focus. */
export interface Row {
  node: LineageNode;
  level: number;
  parent: string | null;
  hasChildren: boolean;
  /** Edges between it and nodes nearer to the focus. */
  edges: LineageEdge[];
}

/** The nodes as a tree that grows from the focus: first what goes into it, then what it goes into. */
export function rowsOf({ nodes, edges }: Lineage): Row[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const touching = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    for (const end of [edge.from, edge.to]) {
      const known = touching.get(end);
      if (known) known.push(edge);
      else touching.set(end, [edge]);
    }
  }
  const inward = (node: LineageNode) =>
    (touching.get(node.id) ?? []).filter((edge) => {
      const other = byId.get(edge.from === node.id ? edge.to : edge.from);
      return other !== undefined && Math.abs(other.hops) < Math.abs(node.hops);
    });
  const children = new Map<string | null, { node: LineageNode; edges: LineageEdge[] }[]>();
  for (const node of nodes) {
    const nearer = inward(node);
    const [first] = nearer;
    const parent = first === undefined ? null : first.from === node.id ? first.to : first.from;
    children.set(parent, [...(children.get(parent) ?? []), { node, edges: nearer }]);
  }
  const rows: Row[] = [];
  const walk = (parent: string | null, level: number) => {
    for (const { node, edges: nearer } of children.get(parent) ?? []) {
      const hasChildren = children.has(node.id);
      rows.push({ node, level, parent, hasChildren, edges: nearer });
      walk(node.id, level + 1);
    }
  };
  walk(null, 1);
  return rows;
}
