import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '@/ui/cx';
import { Scrolling } from '@/ui/scrolling';
import { t } from '@/words/shell';

export interface Column<Row> {
  id: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers are set to the right. */
  align?: 'left' | 'right';
  /** The cell that names the row. */
  isRowHeader?: boolean;
  /** Left out below this width; what is left out must be on the row's own page. */
  from?: 'sm' | 'md' | 'lg' | 'xl';
  className?: string;
  sortable?: boolean;
}

export interface Sort {
  column: string;
  descending: boolean;
}

export interface TableProps<Row> {
  /** What the table holds; read out, not shown. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** Shown in place of rows, from `src/ui/states/empty`. */
  empty?: ReactNode;
  dense?: boolean;
  className?: string;
}

const from = {
  sm: 'hidden sm:table-cell',
  md: 'hidden md:table-cell',
  lg: 'hidden lg:table-cell',
  xl: 'hidden xl:table-cell',
};

/** A table to read. Rows are as many as fit a page; thousands belong into a virtual grid. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, sort, onSort, empty, dense, className } = props;
  if (rows.length === 0 && empty) return empty;
  const pad = dense ? 'px-3 py-1.5' : 'px-3 py-2.5';
  return (
    <Scrolling aria-label={label} className={cx('relative overflow-x-auto', className)}>
      <table className="w-full border-collapse text-left text-base">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => {
              const sorted = sort?.column === column.id ? sort : null;
              const Arrow = sorted?.descending ? ArrowDown : ArrowUp;
              return (
                <th
                  key={column.id}
                  scope="col"
                  aria-sort={sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined}
                  className={cx(
                    'px-3 py-2 text-xs font-medium whitespace-nowrap text-ink-soft first:pl-4 last:pr-4',
                    column.align === 'right' && 'text-right',
                    column.from && from[column.from],
                    column.className,
                  )}
                >
                  {column.sortable && onSort ? (
                    <button
                      type="button"
                      className="-mx-1 inline-flex min-h-6 cursor-pointer items-center gap-1 rounded-sm px-1 hover:text-ink"
                      onClick={() =>
                        onSort({
                          column: column.id,
                          descending: sorted ? !sorted.descending : false,
                        })
                      }
                    >
                      {column.title}
                      {sorted ? (
                        <Arrow
                          className="size-3.5"
                          role="img"
                          aria-label={t(sorted.descending ? 'sortedDown' : 'sortedUp')}
                        />
                      ) : null}
                    </button>
                  ) : (
                    column.title
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody data-list>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-b border-line last:border-b-0 hover:bg-hover">
              {columns.map((column) => {
                const Cell = column.isRowHeader ? 'th' : 'td';
                return (
                  <Cell
                    key={column.id}
                    {...(column.isRowHeader ? { scope: 'row' } : {})}
                    className={cx(
                      'align-top font-normal first:pl-4 last:pr-4',
                      pad,
                      column.align === 'right' && 'num',
                      column.from && from[column.from],
                      column.className,
                    )}
                  >
                    {column.cell(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}
