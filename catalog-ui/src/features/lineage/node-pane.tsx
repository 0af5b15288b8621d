import { useQuery } from '@tanstack/react-query';
import {
  type Lineage,
  type LineageCluster,
  type LineageEdge,
  type LineageNode,
  portQuery,
} from '@/api/catalog';
import { wouldBreak } from '@/features/lineage/following';
import { howOf, State } from '@/features/lineage/list';
import { t } from '@/features/lineage/words';
import { Button, ButtonLink } from '@/ui/button';
import { KeyValue } from '@/ui/key-value';
import { formatNumber, listed } from '@/words/define';

export interface NodePaneProps {
  lineage: Lineage;
  node: LineageNode | null;
  /** Chosen in the place of a node, where many are drawn as one. */
  cluster: LineageCluster | null;
  ownerOf: (node: LineageNode) => string | null;
  onActive: (id: string) => void;
  onOpen: (id: string) => void;
  /** Dims what does not hang together with a column. */
  onOnly: (column: string) => void;
}

/** What the chosen node is, what is next to it, and what would break without it. */
export function NodePane({ node, cluster, ...props }: NodePaneProps) {
  return (
    <aside
      aria-label={t('pane')}
      className="w-full shrink-0 overflow-y-auto border-line bg-surface p-4 max-lg:border-t lg:w-80 lg:border-l"
    >
      {node ? (
        <About {...props} node={node} />
      ) : cluster ? (
        <Many cluster={cluster} level={props.lineage.level} onOpen={props.onOpen} />
      ) : (
        <p className="text-ink-soft">{t('paneNone')}</p>
      )}
    </aside>
  );
}

interface ManyProps {
  cluster: LineageCluster;
  level: string;
  onOpen: (id: string) => void;
}

/** Nodes that are drawn as one: which products they are of, each of which can be started from. */
function Many({ cluster, level, onOpen }: ManyProps) {
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h2 className="text-lg font-semibold break-all">{cluster.product ?? cluster.domain}</h2>
        <p className="text-sm text-ink-soft">{t('clusterOf', cluster.count, level)}</p>
      </div>
      <ul className="flex flex-col gap-1 text-sm">
        {cluster.products.slice(0, shownMost * 3).map((product) => (
          <li key={product}>
            <Goto id={product} onActive={onOpen} />
          </li>
        ))}
        {cluster.products.length > shownMost * 3 ? (
          <li className="text-ink-soft">{t('others', cluster.products.length - shownMost * 3)}</li>
        ) : null}
      </ul>
    </div>
  );
}

type AboutProps = Omit<NodePaneProps, 'node' | 'cluster'> & { node: LineageNode };

function About(props: AboutProps) {
  const { lineage, node, ownerOf, onActive, onOpen, onOnly } = props;
  const [domain = '', product = ''] = node.product.split('.');
  const into = lineage.edges.filter((edge) => edge.to === node.id);
  const out = lineage.edges.filter((edge) => edge.from === node.id);
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h2 className="text-lg font-semibold break-all">{node.id}</h2>
        <p className="text-sm text-ink-soft">
          {t(node.level)} · {t('hops', node.hops)}
        </p>
      </div>
      <KeyValue
        look="tight"
        rows={[
          [t('owner'), ownerOf(node) ?? '–'],
          node.state ? [t('state'), <State key="state" node={node} />] : null,
        ]}
      />
      {node.port ? <PortFacts port={node.port} column={node.column ?? null} /> : null}
      <div className="flex flex-wrap gap-2">
        {node.id === lineage.focus ? null : (
          <Button size="small" kind="primary" onPress={() => onOpen(node.id)}>
            {t('startHere')}
          </Button>
        )}
        {node.level === 'column' && lineage.level === 'column' ? (
          <Button size="small" onPress={() => onOnly(node.id)}>
            {t('onlyThis')}
          </Button>
        ) : null}
        <ButtonLink size="small" to="/p/$domain/$product" params={{ domain, product }}>
          {t('openProduct')}
        </ButtonLink>
        {node.port ? (
          <ButtonLink size="small" to="/sql" search={{ port: node.port }}>
            {t('query')}
          </ButtonLink>
        ) : null}
      </div>
      <Breaking {...{ lineage, node, ownerOf, onActive }} />
      <Edges
        title={t('madeFrom')}
        none={t('madeFromNothing')}
        edges={into}
        end="from"
        onActive={onActive}
      />
      <Edges title={t('feeds')} none={t('feedsNothing')} edges={out} end="to" onActive={onActive} />
    </div>
  );
}

function PortFacts({ port, column }: { port: string; column: string | null }) {
  const { data } = useQuery(portQuery(port));
  const found = data?.columns.find(({ name }) => name === column);
  if (!data) return null;
  return (
    <div className="text-sm">
      <p>{found ? found.description : data.description}</p>
      <p className="mt-1 text-ink-soft">
        {found
          ? [found.type, found.classification, found.sees].filter(Boolean).join(' · ')
          : data.rows == null
            ? data.kind
            : `${data.kind} · ${formatNumber(data.rows)} ${t('rows').toLowerCase()}`}
      </p>
    </div>
  );
}

const shownMost = 8;

function Breaking({
  lineage,
  node,
  ownerOf,
  onActive,
}: Omit<NodePaneProps, 'node' | 'cluster' | 'onOpen' | 'onOnly'> & { node: LineageNode }) {
  const broken = wouldBreak(lineage, node.id, ownerOf);
  const what = node.level === 'column' ? (node.column ?? node.id) : node.id;
  const counts = [
    ...(broken.columns > 0 ? [t('columns', broken.columns)] : []),
    ...(broken.ports > 0 && broken.columns === 0 ? [t('ports', broken.ports)] : []),
    t('products', broken.products),
  ];
  return (
    <section aria-label={t('wouldBreak')}>
      <h3 className="mb-1 text-sm font-semibold">{t('wouldBreak')}</h3>
      {broken.owners.length === 0 ? (
        <p className="text-sm text-ink-soft">{t('wouldBreakNothing')}</p>
      ) : (
        <>
          <p className="text-sm break-words">
            {t('wouldBreakLead', what, listed(counts), !lineage.complete)}
          </p>
          <ul className="mt-2 flex flex-col gap-2 text-sm">
            {broken.owners.map(({ owner, ids }) => (
              <li key={owner}>
                <span className="font-medium">{owner}</span>
                <ul className="mt-0.5 flex flex-col">
                  {ids.slice(0, shownMost).map((id) => (
                    <li key={id}>
                      <Goto id={id} onActive={onActive} />
                    </li>
                  ))}
                  {ids.length > shownMost ? (
                    <li className="text-ink-soft">{t('others', ids.length - shownMost)}</li>
                  ) : null}
                </ul>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface EdgesProps {
  title: string;
  none: string;
  edges: readonly LineageEdge[];
  /** The end that is told: the other one is this node. */
  end: 'from' | 'to';
  onActive: (id: string) => void;
}

function Edges({ title, none, edges, end, onActive }: EdgesProps) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      {edges.length === 0 ? (
        <p className="text-sm text-ink-soft">{none}</p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {edges.slice(0, shownMost * 3).map((edge) => (
            <li key={edge[end]}>
              <Goto id={edge[end]} onActive={onActive} />
              <span className="block text-xs text-ink-soft">
                {howOf(edge)} · {t('release').toLowerCase()} {edge.release}
              </span>
            </li>
          ))}
          {edges.length > shownMost * 3 ? (
            <li className="text-ink-soft">{t('others', edges.length - shownMost * 3)}</li>
          ) : null}
        </ul>
      )}
    </section>
  );
}

function Goto({ id, onActive }: { id: string; onActive: (id: string) => void }) {
  return (
    <button
      type="button"
      onClick={() => onActive(id)}
      className="min-h-6 cursor-pointer rounded-sm text-left break-all text-accent-ink hover:underline"
    >
      {id}
    </button>
  );
}
