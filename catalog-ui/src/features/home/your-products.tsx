import type { OwnProduct } from '@/features/home/queries';
import { t } from '@/features/home/words';
import { Status } from '@/ui/badge';
import { Bars } from '@/ui/bars';
import { Card } from '@/ui/card';
import { ProductLink } from '@/ui/names';
import { type Column, Table } from '@/ui/table';
import { formatNumber } from '@/words/define';

function Freshness({ late }: { late: boolean | null | undefined }) {
  if (late === null || late === undefined)
    return <Status tone="neutral">{t('notMeasured')}</Status>;
  return late ? (
    <Status tone="bad">{t('late')}</Status>
  ) : (
    <Status tone="good">{t('onTime')}</Status>
  );
}

function Checks({ quality }: { quality: OwnProduct['quality'] }) {
  const total = quality.passed + quality.failed + quality.unknown;
  if (total === 0) return <span className="text-ink-faint">{t('checksNone')}</span>;
  return quality.failed > 0 ? (
    <Status tone="bad">{t('checksFailed', quality.failed, total)}</Status>
  ) : (
    <Status tone="good">{t('checksPassed', quality.passed)}</Status>
  );
}

const columns: readonly Column<OwnProduct>[] = [
  {
    id: 'product',
    title: t('product'),
    isRowHeader: true,
    cell: ({ product }) => <ProductLink name={product.name} />,
  },
  { id: 'freshness', title: t('freshness'), cell: ({ late }) => <Freshness late={late} /> },
  {
    id: 'checks',
    title: t('checks'),
    from: 'sm',
    cell: ({ quality }) => <Checks quality={quality} />,
  },
  {
    id: 'consumers',
    title: t('consumers'),
    align: 'right',
    from: 'md',
    cell: ({ consumers }) => formatNumber(consumers),
  },
  {
    id: 'queries',
    title: t('queries'),
    align: 'right',
    from: 'sm',
    cell: ({ product, queries }) => {
      const total = queries.reduce((sum, n) => sum + n, 0);
      return (
        <span className="flex items-center justify-end gap-2.5">
          <Bars
            label={t('queriesOf', product.name, total)}
            values={queries}
            height={18}
            className="w-14! max-sm:hidden"
          />
          <span className="min-w-8">{formatNumber(total)}</span>
        </span>
      );
    },
  },
];

export function YourProducts({ products }: { products: readonly OwnProduct[] }) {
  return (
    <Card title={t('yourProducts')} flush>
      <Table
        label={t('yourProducts')}
        columns={columns}
        rows={products}
        rowKey={({ product }) => product.name}
        className="border-t border-line"
      />
    </Card>
  );
}
