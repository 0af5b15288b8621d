import { describe, expect, test } from 'vitest';
import type { Lineage, LineageEdge, LineageNode } from '@/api/catalog';
import { along, drawingOf, lookOf } from '@/features/lineage/drawing';
import { csvOf, litOf } from '@/features/lineage/explorer';
import { connected, reached, rowsOf, wouldBreak } from '@/features/lineage/following';
import { strandsOf } from '@/features/lineage/lines';
import { addressOf, viewOf } from '@/features/lineage/view';

function node(id: string, hops: number, more: Partial<LineageNode> = {}): LineageNode {
  const parts = id.split('.');
  const level = parts.length === 2 ? 'product' : parts.length === 3 ? 'port' : 'column';
  return {
    id,
    level,
    product: parts.slice(0, 2).join('.'),
    port: parts.length > 2 ? parts.slice(0, 3).join('.') : null,
    column: parts[3] ?? null,
    hops,
    ...more,
  };
}

function edge(from: string, to: string, more: Partial<LineageEdge> = {}): LineageEdge {
  return { from, to, how: [], release: 1, ...more };
}

const around: Lineage = {
  focus: 's.o.lines',
  level: 'port',
  complete: true,
  nodes: [
    node('c.a.accounts', -1),
    node('w.c.checkout', -1),
    node('s.o.lines', 0),
    node('f.l.ledger', 1, { state: { freshness: 'late', failedChecks: 0 } }),
    node('f.x.features', 1, { state: { freshness: 'fresh', failedChecks: 0 } }),
    node('b.r.report', 2, { state: { freshness: null, failedChecks: 2 } }),
  ],
  edges: [
    edge('c.a.accounts', 's.o.lines'),
    edge('w.c.checkout', 's.o.lines', { declaredOnly: true }),
    edge('s.o.lines', 'f.l.ledger'),
    edge('s.o.lines', 'f.x.features'),
    edge('f.l.ledger', 'b.r.report', { release: 7 }),
    edge('f.x.features', 'b.r.report'),
  ],
};

describe('the drawing', () => {
  const drawing = drawingOf(around);
  const at = (id: string) => drawing.boxes.find((box) => box.id === id);

  test('goes from left to right by steps, and no two boxes lie on each other', () => {
    expect([at('c.a.accounts')?.x, at('s.o.lines')?.x, at('b.r.report')?.x]).toEqual([0, 320, 960]);
    const places = new Set(drawing.boxes.map(({ x, y }) => `${x} ${y}`));
    expect(places.size).toBe(around.nodes.length);
  });

  test('keeps the places that the server gives, with clusters and their edges', () => {
    const place = { x: 5, y: 6, width: 70, height: 8 };
    const drawn = drawingOf({
      ...around,
      nodes: [node('s.o.lines', 0, { place }), node('f.l.ledger', 1, { cluster: 'domain:f' })],
      clusters: [
        {
          id: 'domain:f',
          domain: 'f',
          product: null,
          products: ['f.l'],
          count: 40,
          hops: 1,
          place,
        },
      ],
      clusterEdges: [{ from: 's.o.lines', to: 'domain:f', count: 40 }],
    });
    expect(drawn.boxes.map(({ id, x, width }) => [id, x, width])).toEqual([
      ['s.o.lines', 5, 70],
      ['domain:f', 5, 70],
    ]);
    expect(drawn.lines.map(({ from, to }) => [from, to])).toEqual([['s.o.lines', 'domain:f']]);
  });

  test('tells apart what is declared, what only chooses and what goes in', () => {
    const how = (kind: 'direct' | 'indirect') => [{ kind, detail: 'filter' }];
    expect(lookOf(edge('a', 'b', { declaredOnly: true }))).toBe('dashed');
    expect(lookOf(edge('a', 'b', { how: how('indirect') }))).toBe('dotted');
    expect(lookOf(edge('a', 'b', { how: [...how('indirect'), ...how('direct')] }))).toBe('solid');
    expect(lookOf(edge('a', 'b'))).toBe('solid');
  });

  test('arrows follow edges sideways and the column up and down', () => {
    expect(along(drawing, 's.o.lines', 'ArrowLeft')).toMatch(/accounts|checkout/);
    expect(along(drawing, 'b.r.report', 'ArrowRight')).toBeNull();
    const [one, other] = ['f.l.ledger', 'f.x.features'];
    const down = (at('f.l.ledger')?.y ?? 0) < (at('f.x.features')?.y ?? 0);
    expect(along(drawing, one, down ? 'ArrowDown' : 'ArrowUp')).toBe(other);
    expect(along(drawing, one, down ? 'ArrowUp' : 'ArrowDown')).toBeNull();
  });

  test('of a thousand nodes is made at once', () => {
    const nodes = [node('a.b.c', 0)];
    const edges: LineageEdge[] = [];
    for (let n = 0; n < 1000; n += 1) {
      nodes.push(node(`d.p${n}.t`, 1 + (n % 5)));
      edges.push(edge('a.b.c', `d.p${n}.t`));
    }
    const drawn = drawingOf({ ...around, focus: 'a.b.c', nodes, edges });
    expect([drawn.boxes.length, drawn.lines.length]).toEqual([1001, 1000]);
  });
});

describe('following edges', () => {
  test('down finds what depends on a node, up what it is made from', () => {
    expect([...reached(around.edges, 's.o.lines', 'down')].sort()).toEqual([
      'b.r.report',
      'f.l.ledger',
      'f.x.features',
    ]);
    expect(reached(around.edges, 's.o.lines', 'up').size).toBe(2);
    expect(connected(around.edges, 'f.l.ledger')).not.toContain('f.x.features');
  });

  test('a ring ends where it began', () => {
    const ring = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a')];
    expect([...reached(ring, 'a', 'down')].sort()).toEqual(['b', 'c']);
  });

  test('tells what would break, and whose it is', () => {
    const broken = wouldBreak(around, 'f.l.ledger', ({ product }) => `team of ${product}`);
    expect(broken).toEqual({
      ports: 1,
      products: 1,
      columns: 0,
      owners: [{ owner: 'team of b.r', ids: ['b.r.report'] }],
    });
  });

  test('the list is a tree that grows from the start in both directions, each node once', () => {
    const rows = rowsOf(around).map(({ node: { id }, level, parent }) => [id, level, parent]);
    expect(rows).toEqual([
      ['s.o.lines', 1, null],
      ['c.a.accounts', 2, 's.o.lines'],
      ['w.c.checkout', 2, 's.o.lines'],
      ['f.l.ledger', 2, 's.o.lines'],
      ['b.r.report', 3, 'f.l.ledger'],
      ['f.x.features', 2, 's.o.lines'],
    ]);
  });

  test('one column lights what hangs together with it, what is broken lights itself', () => {
    const columns = {
      ...around,
      level: 'column' as const,
      edges: [edge('a.b.c.x', 'd.e.f.y'), edge('a.b.c.z', 'd.e.f.w')],
    };
    expect([...(litOf(columns, { column: 'a.b.c.x', broken: false }) ?? [])].sort()).toEqual([
      'a.b.c.x',
      'd.e.f.y',
    ]);
    expect([...(litOf(around, { column: null, broken: true }) ?? [])]).toEqual([
      'f.l.ledger',
      'b.r.report',
    ]);
    expect(litOf(around, { column: null, broken: false })).toBeNull();
  });

  test('as CSV has a line for each node', () => {
    const lines = csvOf(around, () => 'team').split('\n');
    expect(lines[0]).toBe('name,level,steps,made_from,how,release,state,owner');
    expect(lines[2]).toBe('w.c.checkout,port,-1,,,,,team');
    expect(lines[4]).toBe('f.l.ledger,port,1,s.o.lines,read by a query,1,late,team');
    expect(lines).toHaveLength(around.nodes.length + 2);
  });
});

describe('the address', () => {
  test.each([
    [{ focus: 'a.b' }, { level: 'product', up: 1, down: 1 }],
    [
      { focus: 'a.b.c', hops: '3' },
      { level: 'port', up: 3, down: 3 },
    ],
    [
      { focus: 'a.b.c', hops: '2', dir: 'up' },
      { up: 2, down: 0 },
    ],
    [
      { focus: 'a.b.c', up: '0', down: '4' },
      { up: 0, down: 4 },
    ],
    [
      { focus: 'a.b.c', hops: '99', level: 'nonsense' },
      { level: 'port', up: 1 },
    ],
    [
      { focus: 'a.b.c', col: 'd' },
      { level: 'column', column: 'a.b.c.d' },
    ],
    [{ focus: 'a.b.c.d' }, { level: 'column', column: null }],
    [
      { focus: 'a.b.c', view: 'list', broken: '1' },
      { look: 'list', broken: true },
    ],
  ])('%o', (address, expected) => {
    expect(viewOf(address)).toMatchObject(expected);
  });

  test('without a start there is nothing to show', () => {
    expect(viewOf({ hops: '2' })).toBeNull();
  });

  test('of a view leads back to it', () => {
    const view = viewOf({ focus: 'a.b.c', up: '0', down: '2', col: 'd', view: 'list' });
    expect(view && viewOf(addressOf(view))).toEqual(view);
  });
});

describe('the lines of a drawing', () => {
  const box = (id: string, x: number) => ({
    id,
    x,
    y: 0,
    width: 10,
    height: 10,
    hops: 0,
    node: null,
    cluster: null,
  });
  const line = (from: string, to: string, look: 'solid' | 'dashed' = 'solid') => ({
    id: `${from}>${to}`,
    from,
    to,
    look,
  });
  const drawing = {
    boxes: ['a', 'b', 'c', 'd'].map((id, at) => box(id, at * 20)),
    lines: [line('a', 'b'), line('b', 'c'), line('c', 'd'), line('a', 'd', 'dashed')],
  };
  const told = (active: string | null, lit: ReadonlySet<string> | null) =>
    strandsOf(drawing, active, lit).map(({ look, weight, path }) => [
      look,
      weight,
      path.split('M').length - 1,
    ]);

  test('are one path for all that look alike', () => {
    expect(told(null, null)).toEqual([
      ['dashed', 'plain', 1],
      ['solid', 'plain', 3],
    ]);
  });

  test('lie above others at the active box, and below them where dimmed', () => {
    expect(told('b', new Set(['a', 'b', 'd']))).toEqual([
      ['solid', 'dim', 1],
      ['dashed', 'plain', 1],
      ['solid', 'near', 2],
    ]);
  });
});
