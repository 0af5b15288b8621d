import type { Lineage, LineageCluster, LineageEdge, LineageNode } from '@/api/catalog';

/** A box of the drawing: a node, or many that are drawn as one. */
export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  hops: number;
  node: LineageNode | null;
  cluster: LineageCluster | null;
}

export interface Line {
  id: string;
  from: string;
  to: string;
  look: 'solid' | 'dotted' | 'dashed';
}

export interface Drawing {
  boxes: Box[];
  lines: Line[];
}

const [width, height] = [216, 52];
const [between, below] = [104, 14];

/** Where everything lies: as the server says, else in columns by steps from the focus, what is lit in their middle. */
export function drawingOf(lineage: Lineage, lit: ReadonlySet<string> | null = null): Drawing {
  const clusters = lineage.clusters ?? [];
  const placed = lineage.nodes.some((node) => node.place);
  const boxes = placed ? placedBoxes(lineage.nodes) : columnsOf(lineage, lit);
  for (const cluster of clusters) {
    boxes.push({ id: cluster.id, ...cluster.place, hops: cluster.hops, node: null, cluster });
  }
  const joined = lineage.clusterEdges ?? [];
  const lines: Line[] =
    clusters.length > 0 && joined.length > 0
      ? joined.map(({ from, to }) => ({ id: `${from}>${to}`, from, to, look: 'solid' }))
      : lineage.edges.map((edge) => ({
          id: `${edge.from}>${edge.to}`,
          from: edge.from,
          to: edge.to,
          look: lookOf(edge),
        }));
  const known = new Set(boxes.map((box) => box.id));
  return { boxes, lines: lines.filter(({ from, to }) => known.has(from) && known.has(to)) };
}

/** Dashed where it is only declared, dotted where no value goes in. */
export function lookOf(edge: LineageEdge): Line['look'] {
  if (edge.declaredOnly) return 'dashed';
  const indirect = edge.how.length > 0 && edge.how.every(({ kind }) => kind === 'indirect');
  return indirect ? 'dotted' : 'solid';
}

function placedBoxes(nodes: readonly LineageNode[]): Box[] {
  return nodes.flatMap((node) =>
    node.place ? [{ id: node.id, ...node.place, hops: node.hops, node, cluster: null }] : [],
  );
}

/** A column of boxes for each number of steps; in it, what hangs together lies near. */
function columnsOf({ nodes, edges }: Lineage, lit: ReadonlySet<string> | null): Box[] {
  const byHops = new Map<number, LineageNode[]>();
  for (const node of nodes) {
    const column = byHops.get(node.hops) ?? [];
    column.push(node);
    byHops.set(node.hops, column);
  }
  const neighbours = neighboursOf(edges);
  const order = new Map<string, number>();
  const inward = [...byHops.keys()].sort((a, b) => Math.abs(a) - Math.abs(b));
  for (const hops of inward) {
    const column = byHops.get(hops) ?? [];
    const pull = (node: LineageNode) => {
      const places = (neighbours.get(node.id) ?? []).flatMap((id) => order.get(id) ?? []);
      return places.length === 0 ? 0 : places.reduce((a, b) => a + b, 0) / places.length;
    };
    const pulled = column.map((node) => ({
      node,
      pull: pull(node),
      rank: lit === null || lit.has(node.id) ? 0 : 1,
    }));
    pulled.sort((a, b) => a.rank - b.rank || a.pull - b.pull || a.node.id.localeCompare(b.node.id));
    // Places are counted from the middle of what is lit, so that columns of any length pull alike.
    const first = pulled.filter(({ rank }) => rank === 0).length;
    pulled.forEach(({ node }, at) => {
      order.set(node.id, at - (Math.max(first, 1) - 1) / 2);
    });
  }
  const first = Math.min(0, ...byHops.keys());
  return nodes.map((node) => ({
    id: node.id,
    x: (node.hops - first) * (width + between),
    y: (order.get(node.id) ?? 0) * (height + below),
    width,
    height,
    hops: node.hops,
    node,
    cluster: null,
  }));
}

function neighboursOf(edges: readonly LineageEdge[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (a: string, b: string) => {
    const known = found.get(a);
    if (known) known.push(b);
    else found.set(a, [b]);
  };
  for (const { from, to } of edges) {
    add(from, to);
    add(to, from);
  }
  return found;
}

/** Where an arrow key leads from a box: along an edge to the nearest, or to the next in its column. */
export function along(
  drawing: Drawing,
  from: string,
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): string | null {
  const here = drawing.boxes.find((box) => box.id === from);
  if (!here) return null;
  const of = (ids: string[]) => drawing.boxes.filter((box) => ids.includes(box.id));
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const ends =
      key === 'ArrowRight'
        ? drawing.lines.filter((line) => line.from === from).map((line) => line.to)
        : drawing.lines.filter((line) => line.to === from).map((line) => line.from);
    return nearest(of(ends), here);
  }
  const later = key === 'ArrowDown';
  const column = drawing.boxes.filter(
    (box) => box.hops === here.hops && box.id !== from && (later ? box.y > here.y : box.y < here.y),
  );
  return nearest(column, here);
}

function nearest(boxes: readonly Box[], to: Box): string | null {
  let found: Box | null = null;
  for (const box of boxes) {
    if (!found || Math.abs(box.y - to.y) < Math.abs(found.y - to.y)) found = box;
  }
  return found?.id ?? null;
}
