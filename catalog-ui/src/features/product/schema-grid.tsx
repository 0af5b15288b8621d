import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useSession } from '@/app/session';
import type { ColumnAnswer, PortAnswer } from '@/features/product/queries';
import { isHeldBack, seeing } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { formatNumber } from '@/words/define';

export interface SchemaGridProps {
  port: PortAnswer;
  columns: readonly ColumnAnswer[];
  /** Queries of ninety days by column; empty until they are known. */
  used: ReadonlyMap<string, number>;
  onColumn: (column: string) => void;
}

const headers = [
  { id: 'column', className: 'pl-4' },
  { id: 'type', className: 'max-sm:hidden' },
  { id: 'meaning', className: 'max-lg:hidden' },
  { id: 'class', className: 'max-md:hidden' },
  { id: 'youSee', className: 'max-sm:w-32' },
  { id: 'used', className: 'max-xl:hidden text-right pr-4' },
] as const;

/** The columns of a port. Only the rows in sight are in the document, however many there are. */
export function SchemaGrid({ port, columns, used, onColumn }: SchemaGridProps) {
  const table = useRef<HTMLTableElement>(null);
  const open = useLatest(onColumn);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    setTop((table.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const rows = useWindowVirtualizer({
    count: columns.length,
    estimateSize: () => 45,
    overscan: 10,
    scrollMargin: top,
    initialRect: { width: 1280, height: 900 },
  });
  if (columns.length === 0) {
    return <Empty why="no-match" title={t('noColumns')} detail={t('noColumnsDetail')} small />;
  }
  const shown = rows.getVirtualItems();
  const before = (shown[0]?.start ?? top) - top;
  const after = rows.getTotalSize() - ((shown.at(-1)?.end ?? top) - top);
  return (
    <div className="rounded-lg border border-line bg-surface shadow-low">
      <table
        ref={table}
        aria-rowcount={columns.length + 1}
        aria-colcount={headers.length}
        className="w-full border-collapse text-left max-sm:table-fixed"
      >
        <caption className="sr-only">{`${t('schema')}: ${port.name}`}</caption>
        <thead>
          <tr aria-rowindex={1} className="border-b border-line">
            {headers.map((header) => (
              <th
                key={header.id}
                scope="col"
                className={`px-3 py-2 text-xs font-medium whitespace-nowrap text-ink-soft ${header.className}`}
              >
                {t(header.id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody data-list>
          {before > 0 ? <Spacer height={before} /> : null}
          {shown.map((item) => {
            const column = columns[item.index];
            return column ? (
              <Row
                key={column.name}
                at={item.index}
                measure={rows.measureElement}
                port={port.name}
                keyParts={port.primaryKey.length}
                column={column}
                queries={used.get(column.name)}
                onColumn={open}
              />
            ) : null;
          })}
          {after > 0 ? <Spacer height={after} /> : null}
        </tbody>
      </table>
    </div>
  );
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={headers.length} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface RowProps {
  at: number;
  measure: (element: Element | null) => void;
  port: string;
  /** How many columns the primary key has. */
  keyParts: number;
  column: ColumnAnswer;
  queries: number | undefined;
  onColumn: (column: string) => void;
}

/** Rendered once while it is in sight: scrolling brings others and leaves it alone. */
const Row = memo(function Row(props: RowProps) {
  const { at, measure, port, keyParts, column, queries, onColumn } = props;
  const cell = 'px-3 py-2 align-top';
  return (
    <tr
      ref={measure}
      data-index={at}
      aria-rowindex={at + 2}
      className="border-b border-line last:border-b-0 hover:bg-hover"
    >
      <th scope="row" className={`${cell} pl-4 font-normal sm:min-w-40`}>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Button
            kind="quiet"
            size="small"
            onPress={() => onColumn(column.name)}
            className="-ml-1.5 h-auto! min-h-6! px-1.5! font-mono text-sm! font-medium! wrap-anywhere whitespace-normal! text-accent-ink!"
          >
            {column.name}
          </Button>
          {column.primaryKeyPosition ? (
            <Badge>{t('keyMark', column.primaryKeyPosition, keyParts)}</Badge>
          ) : null}
          {column.unique && !column.primaryKeyPosition ? <Badge>{t('unique')}</Badge> : null}
        </span>
        <span className="mt-0.5 block text-sm text-ink-soft sm:hidden">
          <Code>{column.type}</Code>
        </span>
        <span className="mt-0.5 line-clamp-2 block text-sm text-ink-soft lg:hidden">
          {column.description}
        </span>
      </th>
      <td className={`${cell} max-sm:hidden`}>
        <Code className="text-sm">{column.type}</Code>
        {column.required ? (
          <span className="block text-xs whitespace-nowrap text-ink-faint">{t('required')}</span>
        ) : null}
      </td>
      <td className={`${cell} max-w-md text-ink-soft max-lg:hidden`}>
        {column.description || '–'}
      </td>
      <td className={`${cell} max-md:hidden`}>
        <span className="flex flex-wrap gap-1">
          {column.classification ? <Badge>{column.classification}</Badge> : null}
          {column.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </span>
      </td>
      <td className={`${cell} max-sm:pr-4`}>
        <Sees port={port} column={column} />
      </td>
      <td className={`${cell} num pr-4 text-ink-soft max-xl:hidden`}>
        {queries === undefined ? '–' : formatNumber(queries)}
      </td>
    </tr>
  );
});

/** The function given last, under one identity. */
function useLatest<A>(callback: (argument: A) => void): (argument: A) => void {
  const latest = useRef(callback);
  useLayoutEffect(() => {
    latest.current = callback;
  });
  return useCallback((argument: A) => latest.current(argument), []);
}

/** How the person sees a column, and the way to why where it is not as it is. */
export function Sees({ port, column }: { port: string; column: ColumnAnswer }) {
  const { me } = useSession();
  const { tone, text } = seeing(column);
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge tone={tone} className="whitespace-normal!">
        {text}
      </Badge>
      {isHeldBack(column) ? (
        <Link
          to="/access/explain"
          search={{ who: me.principal, what: port, col: column.name }}
          className="text-sm"
          aria-label={t('whyColumn', column.name)}
          data-why
        >
          {t('why')}
        </Link>
      ) : null}
    </span>
  );
}
