import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { type Lineage, type LineageNode, lineageQuery, productsQuery } from '@/api/catalog';
import { drawingOf } from '@/features/lineage/drawing';
import { connected, isBroken } from '@/features/lineage/following';
import { howOf, List } from '@/features/lineage/list';
import { NodePane } from '@/features/lineage/node-pane';
import { stateWords } from '@/features/lineage/node-words';
import { Notice } from '@/features/lineage/notice';
import { Toolbar } from '@/features/lineage/toolbar';
import { t } from '@/features/lineage/words';
import { csv } from '@/ui/csv';
import { download } from '@/ui/download';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Loading } from '@/ui/states/loading';
import { t as shell } from '@/words/shell';

const Graph = lazy(() => import('@/features/lineage/graph').then((m) => ({ default: m.Graph })));

/** What the address says of the explorer. */
export interface View {
  focus: string;
  up: number;
  down: number;
  level: 'product' | 'port' | 'column';
  look: 'graph' | 'list';
  /** Full name of the column that alone is lit. */
  column: string | null;
  broken: boolean;
}

export interface ExplorerProps {
  view: View;
  onView: (change: Partial<View>) => void;
}

/** What was made from what around one product, port or column. */
export function Explorer({ view, onView }: ExplorerProps) {
  const { focus, up, down, level, look } = view;
  useEffect(() => {
    document.title = `${t('of', focus)} · ${shell('weft')}`;
  }, [focus]);
  const [find, setFind] = useState('');
  const [found, setFound] = useState<string | null>(null);
  useShortcut('l', t('toList'), () => onView({ look: look === 'graph' ? 'list' : 'graph' }));

  return (
    <div className="flex flex-col md:h-[calc(100dvh-3.5rem)]">
      <Toolbar view={view} onView={onView} find={find} onFind={setFind} found={found} />
      <div className="flex min-h-0 flex-1 flex-col [&>[data-state]]:m-4">
        <Loaded query={lineageQuery({ focus, level, up, down })} what={t('what')}>
          {(lineage) => (
            <Shown
              key={`${lineage.focus} ${lineage.level}`}
              lineage={lineage}
              view={view}
              onView={onView}
              find={find}
              onFound={setFound}
            />
          )}
        </Loaded>
      </div>
    </div>
  );
}

interface ShownProps extends ExplorerProps {
  lineage: Lineage;
  find: string;
  onFound: (text: string | null) => void;
}

function Shown({ lineage, view, onView, find, onFound }: ShownProps) {
  const { focus, look } = view;
  const [active, setActive] = useState<string | null>(view.column ?? focus);
  const lit = useMemo(() => litOf(lineage, view), [lineage, view]);
  const drawing = useMemo(() => drawingOf(lineage, lit), [lineage, lit]);
  const { data: products } = useQuery(productsQuery);
  const ownerOf = useMemo(() => {
    const owners = new Map((products ?? []).map(({ name, owner }) => [name, owner]));
    return (node: LineageNode) => node.owner ?? owners.get(node.product) ?? null;
  }, [products]);
  useFinding(lineage, find, setActive, onFound);

  const open = (id: string) => {
    const cluster = lineage.clusters?.find((one) => one.id === id);
    const to = cluster ? cluster.products[0] : id;
    if (to !== undefined && to !== focus) onView({ focus: to, column: null });
  };
  const chosen = lineage.nodes.find(({ id }) => id === active) ?? null;
  const alone = lineage.nodes.length <= 1 && lineage.edges.length === 0;
  return (
    <>
      <Notice
        lineage={lineage}
        view={view}
        lit={lit}
        onView={onView}
        onExport={() => download(`lineage-${focus}.csv`, 'text/csv', csvOf(lineage, ownerOf))}
      />
      <div className="flex min-h-0 flex-1 max-lg:flex-col">
        <div className="min-h-0 min-w-0 flex-1 max-md:h-[28rem]">
          {alone ? (
            <Empty why="none" title={t('alone')} detail={t('aloneDetail')} />
          ) : look === 'list' ? (
            <List {...{ lineage, active, lit, ownerOf }} onActive={setActive} onOpen={open} />
          ) : (
            <Suspense fallback={<Loading what={t('what')} />}>
              <Graph
                drawing={drawing}
                focus={focus}
                level={lineage.level}
                active={active}
                lit={lit}
                onActive={setActive}
                onOpen={open}
              />
            </Suspense>
          )}
        </div>
        <NodePane
          {...{ lineage, ownerOf }}
          node={chosen}
          cluster={lineage.clusters?.find(({ id }) => id === active) ?? null}
          onActive={setActive}
          onOpen={open}
          onOnly={(column) => onView({ column })}
        />
      </div>
    </>
  );
}

/** What is not dimmed: what hangs together with one column, or what is broken; null where nothing is dimmed. */
export function litOf(lineage: Lineage, view: Pick<View, 'column' | 'broken'>): Set<string> | null {
  if (view.column !== null && lineage.level === 'column') {
    return connected(lineage.edges, view.column);
  }
  if (!view.broken) return null;
  return new Set(lineage.nodes.filter(isBroken).map(({ id }) => id));
}

/** Goes to the first node whose name holds what is looked for. */
function useFinding(
  lineage: Lineage,
  find: string,
  onActive: (id: string) => void,
  onFound: (text: string | null) => void,
) {
  useEffect(() => {
    const wanted = find.trim().toLowerCase();
    if (wanted === '') {
      onFound(null);
      return;
    }
    const hits = lineage.nodes.filter(({ id }) => id.toLowerCase().includes(wanted));
    const [first] = hits;
    onFound(first ? t('found', 1, hits.length) : t('foundNone'));
    if (first) onActive(first.id);
  }, [lineage, find, onActive, onFound]);
}

/** Every node, a line each, with the edges that lead nearer to the start. */
export function csvOf(lineage: Lineage, ownerOf: (node: LineageNode) => string | null): string {
  const header = ['name', 'level', 'steps', 'made_from', 'how', 'release', 'state', 'owner'];
  const rows = lineage.nodes.map((node) => {
    const into = lineage.edges.filter((edge) => edge.to === node.id);
    return [
      node.id,
      node.level,
      String(node.hops),
      into.map(({ from }) => from).join(' '),
      into.map(howOf).join('; '),
      into[0] ? String(into[0].release) : '',
      stateWords(node),
      ownerOf(node),
    ];
  });
  return csv(header, rows);
}
