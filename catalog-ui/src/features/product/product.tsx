import { useNavigate } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { lazy } from 'react';
import { useSession } from '@/app/session';
import { Overview } from '@/features/product/overview';
import { type ProductAnswer, productQuery } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { Badge, type Tone } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';
import { Menu } from '@/ui/menu';
import { DomainLink, lastPart } from '@/ui/names';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonCards, SkeletonRows } from '@/ui/states/skeleton';
import { Tabs } from '@/ui/tabs';
import { showToast } from '@/ui/toast';

// What is behind a tab loads with the tab.
const AccessTab = lazy(() =>
  import('@/features/product/access-tab').then((m) => ({ default: m.AccessTab })),
);
const ChangesTab = lazy(() =>
  import('@/features/product/changes-tab').then((m) => ({ default: m.ChangesTab })),
);
const LineageTab = lazy(() =>
  import('@/features/product/lineage-tab').then((m) => ({ default: m.LineageTab })),
);
const QualityTab = lazy(() =>
  import('@/features/product/quality-tab').then((m) => ({ default: m.QualityTab })),
);
const SchemaTab = lazy(() =>
  import('@/features/product/schema-tab').then((m) => ({ default: m.SchemaTab })),
);
const UsageTab = lazy(() =>
  import('@/features/product/usage-tab').then((m) => ({ default: m.UsageTab })),
);

export const tabIds = [
  'overview',
  'schema',
  'lineage',
  'access',
  'quality',
  'usage',
  'changes',
] as const;
export type TabId = (typeof tabIds)[number];

/** What of the page is shown; it all stands in the address. */
export interface ProductPlace {
  tab?: string;
  port?: string;
  col?: string;
}

export interface ProductProps extends ProductPlace {
  domain: string;
  product: string;
}

export function Product({ domain, product, ...place }: ProductProps) {
  return (
    <Loaded
      query={productQuery(domain, product)}
      what={t('what')}
      frame={(state) => <Page title={`${domain}.${product}`}>{state}</Page>}
      skeleton={
        <div className="flex flex-col gap-6">
          <SkeletonCards />
          <SkeletonRows />
        </div>
      }
    >
      {(answer) => <ProductView product={answer} place={place} />}
    </Loaded>
  );
}

const statusTones: Record<string, Tone> = {
  active: 'good',
  proposed: 'waiting',
  draft: 'waiting',
  deprecated: 'warn',
  retired: 'removed',
};

export function ProductView({ product, place }: { product: ProductAnswer; place: ProductPlace }) {
  const navigate = useNavigate();
  const selected = tabIds.find((tab) => tab === place.tab) ?? 'overview';
  const [domain = '', name = ''] = product.name.split('.');

  const go = (next: ProductPlace) =>
    void navigate({
      to: '/p/$domain/$product',
      params: { domain, product: name },
      search: { ...next, tab: next.tab === 'overview' ? undefined : next.tab },
    });
  const withPort = { ports: product.ports, port: place.port };
  const choosePort = (port: string) => go({ tab: selected, port });

  return (
    <Page
      title={product.title ?? product.name}
      above={
        <p className="mb-1 flex flex-wrap items-center gap-x-2 text-sm text-ink-soft">
          <DomainLink name={domain} />
          <span aria-hidden>/</span>
          <span className="font-mono">{name}</span>
        </p>
      }
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {product.title ?? name}
          {product.version ? <Badge>v{product.version}</Badge> : null}
          {product.status ? (
            <Badge tone={statusTones[product.status] ?? 'neutral'}>{product.status}</Badge>
          ) : null}
        </span>
      }
      lead={product.purpose}
      actions={<Actions product={product} />}
    >
      {product.ports.length === 0 ? (
        <Empty why="not-yours" title={t('nothing')} />
      ) : (
        <Tabs
          label={t('tabs')}
          ofPage
          selected={selected}
          onSelect={(tab) => go({ tab, port: place.port })}
          tabs={[
            { id: 'overview', label: t('overview'), content: () => <Overview product={product} /> },
            {
              id: 'schema',
              label: t('schema'),
              content: () => (
                <SchemaTab
                  {...withPort}
                  column={place.col}
                  onPort={choosePort}
                  onColumn={(col) => go({ tab: 'schema', port: place.port, col })}
                />
              ),
            },
            {
              id: 'lineage',
              label: t('lineage'),
              content: () => <LineageTab product={product.name} />,
            },
            {
              id: 'access',
              label: t('access'),
              content: () => <AccessTab {...withPort} onPort={choosePort} />,
            },
            {
              id: 'quality',
              label: t('quality'),
              content: () => <QualityTab {...withPort} onPort={choosePort} />,
            },
            {
              id: 'usage',
              label: t('usage'),
              content: () => <UsageTab {...withPort} onPort={choosePort} />,
            },
            {
              id: 'changes',
              label: t('changes'),
              content: () => <ChangesTab domain={domain} product={name} />,
            },
          ]}
        />
      )}
    </Page>
  );
}

function Actions({ product }: { product: ProductAnswer }) {
  const navigate = useNavigate();
  const { me } = useSession();
  const readable = product.ports.filter((port) => port.readable);
  const first = readable[0];
  return (
    <>
      {first && readable.length === 1 ? (
        <ButtonLink kind="primary" to="/sql" search={{ port: first.name }}>
          {t('query')}
        </ButtonLink>
      ) : null}
      {readable.length > 1 ? (
        <Menu
          label={t('query')}
          trigger={<Button kind="primary">{t('query')}</Button>}
          groups={[
            {
              actions: readable.map((port) => ({
                id: port.name,
                label: t('queryPort', lastPart(port.name)),
                hint: port.description,
                onAction: () => void navigate({ to: '/sql', search: { port: port.name } }),
              })),
            },
          ]}
        />
      ) : null}
      {first ? (
        <ButtonLink to="/connect" search={{ port: first.name }}>
          {t('connect')}
        </ButtonLink>
      ) : null}
      <Menu
        label={t('actions')}
        trigger={
          <Button size="icon" kind="quiet" aria-label={t('actions')} data-actions>
            <Ellipsis aria-hidden className="size-4.5" />
          </Button>
        }
        groups={[
          {
            actions: [
              {
                id: 'lineage',
                label: t('openLineage'),
                onAction: () => void navigate({ to: '/lineage', search: { focus: product.name } }),
              },
              {
                id: 'roster',
                label: t('openRoster'),
                onAction: () =>
                  void navigate({ to: '/access/roster', search: { what: product.ports[0]?.name } }),
              },
              {
                id: 'explain',
                label: t('openExplain'),
                onAction: () =>
                  void navigate({
                    to: '/access/explain',
                    search: { who: me.principal, what: product.ports[0]?.name },
                  }),
              },
              {
                id: 'copy',
                label: t('copyName'),
                onAction: () => {
                  void navigator.clipboard
                    .writeText(product.name)
                    .then(() => showToast({ tone: 'good', title: t('nameCopied') }));
                },
              },
            ],
          },
        ]}
      />
    </>
  );
}
