import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { ContractCard } from '@/features/product/contract-card';
import { PortChoice, type PortTabProps } from '@/features/product/port-choice';
import { type PortAnswer, usageQuery } from '@/features/product/queries';
import { SchemaGrid } from '@/features/product/schema-grid';
import { t } from '@/features/product/words';
import { Checkbox } from '@/ui/checkbox';
import { SearchField } from '@/ui/search-field';

const ColumnDrawer = lazy(() =>
  import('@/features/product/column-drawer').then((m) => ({ default: m.ColumnDrawer })),
);

export interface SchemaTabProps extends PortTabProps {
  /** The column that is looked at closer. */
  column: string | undefined;
  onColumn: (column: string | undefined) => void;
}

export function SchemaTab({ column, onColumn, ...choice }: SchemaTabProps) {
  return (
    <PortChoice {...choice}>
      {(port) => (
        <>
          <Schema port={port} onColumn={onColumn} />
          <ContractCard key={port.name} port={port} />
          <Suspense>
            {column ? (
              <ColumnDrawer
                port={port}
                column={port.columns.find((one) => one.name === column)}
                onClose={() => onColumn(undefined)}
              />
            ) : null}
          </Suspense>
        </>
      )}
    </PortChoice>
  );
}

function Schema({ port, onColumn }: { port: PortAnswer; onColumn: (column: string) => void }) {
  const [text, setText] = useState('');
  const [onlySeen, setOnlySeen] = useState(false);
  const usage = useQuery(usageQuery(port.name));
  const used = useMemo(
    () => new Map(usage.data?.columns.map((column) => [column.name, column.queries])),
    [usage.data],
  );
  const wanted = text.trim().toLowerCase();
  const columns = useMemo(
    () =>
      port.columns.filter(
        (column) =>
          (!onlySeen || column.sees === 'clear' || column.sees === 'masked') &&
          (wanted === '' ||
            [column.name, column.description, column.classification ?? '', ...column.tags].some(
              (part) => part.toLowerCase().includes(wanted),
            )),
      ),
    [port.columns, onlySeen, wanted],
  );
  return (
    <section aria-label={t('schema')} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <SearchField
          aria-label={t('filterColumns')}
          placeholder={t('filterColumns')}
          value={text}
          onChange={setText}
          className="w-full sm:w-72"
        />
        <Checkbox isSelected={onlySeen} onChange={setOnlySeen}>
          {t('onlySeen')}
        </Checkbox>
        <span className="text-sm text-ink-soft sm:ml-auto" role="status">
          {t('columnsShown', columns.length, port.columns.length)}
        </span>
      </div>
      <SchemaGrid port={port} columns={columns} used={used} onColumn={onColumn} />
    </section>
  );
}
