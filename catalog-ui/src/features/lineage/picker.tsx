import { useDeferredValue, useState } from 'react';
import { type ProductSummary, productsQuery } from '@/api/catalog';
import { t } from '@/features/lineage/words';
import { Link } from '@/ui/link';
import { Page } from '@/ui/page';
import { SearchField } from '@/ui/search-field';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';

const shownMost = 120;

/** Where to start from, when the address does not say. */
export function Picker() {
  return (
    <Page title={t('title')} heading={t('pick')} lead={t('pickLead')}>
      <Loaded query={productsQuery} what={t('what')}>
        {(products) =>
          products.length === 0 ? (
            <Empty why="none" title={t('pickEmpty')} detail={t('pickEmptyDetail')} />
          ) : (
            <Choices products={products} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Choices({ products }: { products: readonly ProductSummary[] }) {
  const [filter, setFilter] = useState('');
  const wanted = useDeferredValue(filter.trim().toLowerCase());
  const found = products
    .map((product) => ({
      product,
      ports: product.ports.filter(({ name }) => name.includes(wanted)),
    }))
    .filter(({ ports }) => ports.length > 0);
  return (
    <>
      <SearchField
        aria-label={t('pickFilter')}
        placeholder={t('pickFilter')}
        value={filter}
        onChange={setFilter}
        className="mb-4 max-w-md"
      />
      {found.length === 0 ? (
        <Empty why="no-match" title={t('pickNone', filter)} />
      ) : (
        <ul data-list className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {found.slice(0, shownMost).map(({ product, ports }) => (
            <li key={product.name} className="rounded-lg border border-line bg-surface px-4 py-3">
              <Link to="/lineage" search={{ focus: product.name, level: 'product' }} look="plain">
                {product.name}
              </Link>
              <ul className="mt-1 flex flex-col text-sm">
                {ports.map((port) => (
                  <li key={port.name} className="flex min-h-6 items-center gap-2">
                    <Link to="/lineage" search={{ focus: port.name }}>
                      {port.name.split('.')[2]}
                    </Link>
                    <span className="truncate text-ink-soft">{port.description}</span>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
      {found.length > shownMost ? (
        <p className="mt-3 text-ink-soft">{t('others', found.length - shownMost)}</p>
      ) : null}
    </>
  );
}
