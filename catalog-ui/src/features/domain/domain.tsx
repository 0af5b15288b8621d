import { type DomainAnswer, domainQuery, type ProductSummary } from '@/features/domain/queries';
import { t } from '@/features/domain/words';
import { Status, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { DateTime } from '@/ui/date-time';
import { GlossaryTerm } from '@/ui/glossary-term';
import { KeyValue } from '@/ui/key-value';
import { lastPart, ProductLink } from '@/ui/names';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { type Column, Table } from '@/ui/table';

const statusTones: Record<string, Tone> = {
  active: 'good',
  proposed: 'waiting',
  draft: 'waiting',
  deprecated: 'warn',
  retired: 'removed',
};

const columns: readonly Column<ProductSummary>[] = [
  {
    id: 'name',
    title: t('product'),
    isRowHeader: true,
    cell: (product) => (
      <span className="block">
        <ProductLink name={product.name}>{product.title ?? lastPart(product.name)}</ProductLink>
        <span className="block font-mono text-xs text-ink-faint">{product.name}</span>
      </span>
    ),
  },
  {
    id: 'purpose',
    title: t('purpose'),
    from: 'md',
    cell: (product) => (
      <span className="line-clamp-2 max-w-lg text-ink-soft">{product.purpose}</span>
    ),
  },
  {
    id: 'status',
    title: t('status'),
    from: 'sm',
    cell: (product) =>
      product.status ? (
        <Status tone={statusTones[product.status] ?? 'neutral'}>{product.status}</Status>
      ) : (
        '–'
      ),
  },
  { id: 'version', title: t('version'), from: 'sm', cell: (product) => product.version ?? '–' },
  {
    id: 'ports',
    title: t('ports'),
    align: 'right',
    cell: (product) =>
      t('portsOf', product.ports.filter((port) => port.readable).length, product.ports.length),
  },
  {
    id: 'released',
    title: t('released'),
    from: 'lg',
    cell: (product) => <DateTime at={product.at} look="ago" />,
  },
];

/** A domain: who answers for it, and what it offers. */
export function Domain({ name }: { name: string }) {
  return (
    <Page
      title={name}
      above={
        <p className="mb-1 text-sm text-ink-soft">
          <GlossaryTerm term="domain">{t('breadcrumb')}</GlossaryTerm>
        </p>
      }
    >
      <Loaded query={domainQuery(name)} what={t('what')}>
        {(answer) => <DomainView answer={answer} />}
      </Loaded>
    </Page>
  );
}

export function DomainView({ answer: { domain, products } }: { answer: DomainAnswer }) {
  return (
    <div className="flex flex-col gap-5">
      <p className="-mt-4 max-w-3xl text-lg text-ink-soft">{domain.description}</p>
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <Card title={t('products')} aside={t('countedProducts', products.length)} flush>
          <Table
            label={t('products')}
            columns={columns}
            rows={products}
            rowKey={(product) => product.name}
            empty={<Empty why="not-yours" title={t('none')} detail={t('noneDetail')} small />}
            className="border-t border-line"
          />
        </Card>
        <Card title={t('about')}>
          <KeyValue
            look="tight"
            rows={[
              [t('owner'), domain.owner],
              domain.contact ? [t('contact'), domain.contact] : null,
            ]}
          />
        </Card>
      </div>
    </div>
  );
}
