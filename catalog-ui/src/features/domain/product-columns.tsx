import type { ProductOfDomain } from '@/features/domain/queries';
import { t } from '@/features/domain/words';
import { Status, type Tone } from '@/ui/badge';
import { DateTime } from '@/ui/date-time';
import { lastPart, ProductLink } from '@/ui/names';
import type { Column } from '@/ui/table';
import { formatNumber } from '@/words/define';

const statusTones: Record<string, Tone> = {
  active: 'good',
  proposed: 'waiting',
  draft: 'waiting',
  deprecated: 'warn',
  retired: 'removed',
};

function Freshness({ late }: { late: boolean | null | undefined }) {
  if (late === null || late === undefined) {
    return <span className="whitespace-nowrap text-ink-faint">{t('notMeasured')}</span>;
  }
  return late ? (
    <Status tone="bad">{t('late')}</Status>
  ) : (
    <Status tone="good">{t('onTime')}</Status>
  );
}

function Checks({ quality }: { quality: ProductOfDomain['quality'] }) {
  const total = quality.passed + quality.failed + quality.unknown;
  if (total === 0) return <span className="text-ink-faint">{t('checksNone')}</span>;
  return quality.failed > 0 ? (
    <Status tone="bad" className="whitespace-nowrap">
      {t('checksFailed', quality.failed, total)}
    </Status>
  ) : (
    <Status tone="good" className="whitespace-nowrap">
      {t('checksPassed', quality.passed)}
    </Status>
  );
}

/** What a list of the products of a domain tells of each. */
export const productColumns: readonly Column<ProductOfDomain>[] = [
  {
    id: 'name',
    title: t('product'),
    isRowHeader: true,
    cell: ({ product }) => (
      <span className="block">
        <ProductLink name={product.name}>{product.title ?? lastPart(product.name)}</ProductLink>
        <span className="block max-w-xl text-sm text-ink-soft">{product.purpose}</span>
      </span>
    ),
  },
  {
    id: 'status',
    title: t('status'),
    from: 'md',
    cell: ({ product }) =>
      product.status ? (
        <Status tone={statusTones[product.status] ?? 'neutral'}>{product.status}</Status>
      ) : (
        '–'
      ),
  },
  {
    id: 'freshness',
    title: t('freshness'),
    from: 'sm',
    cell: ({ late }) => <Freshness late={late} />,
  },
  {
    id: 'checks',
    title: t('checks'),
    from: 'sm',
    cell: ({ quality }) => <Checks quality={quality} />,
  },
  {
    id: 'ports',
    title: t('ports'),
    align: 'right',
    from: 'lg',
    cell: ({ product }) =>
      t('portsOf', product.ports.filter((port) => port.readable).length, product.ports.length),
  },
  {
    id: 'consumers',
    title: t('consumers'),
    align: 'right',
    from: 'lg',
    cell: ({ consumers }) => formatNumber(consumers),
  },
  {
    id: 'released',
    title: t('released'),
    from: 'xl',
    cell: ({ product }) => <DateTime at={product.at} look="ago" />,
  },
];
