import { useVirtualizer } from '@tanstack/react-virtual';
import { EyeOff } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, useId, useMemo, useRef, useState } from 'react';
import type { Answer } from '@/features/sql/answer';
import { cellText, isNumeric, typeName } from '@/features/sql/cell-text';
import { type Cell, holds, moved, rangeOf, tabbed } from '@/features/sql/grid-move';
import { maskOf } from '@/features/sql/terms';
import { columnWidths, numberWidth } from '@/features/sql/widths';
import { t } from '@/features/sql/words';
import { announce } from '@/ui/announce';
import { cx } from '@/ui/cx';
import { showToast } from '@/ui/toast';

const rowHeight = 28;
const copiedMax = 500_000;

/**
 * The rows of an answer. Only what is in sight is in the document; where it stands among all rows is said by ARIA.
 * One stop for Tab; arrows move the cell.
 */
export function Grid({ answer, rows }: { answer: Answer; rows: number }) {
  const id = useId();
  const host = useRef<HTMLDivElement>(null);
  const { columns } = answer;
  const [cell, setCell] = useState<Cell>({ row: 0, column: 0 });
  const [corner, setCorner] = useState<Cell>({ row: 0, column: 0 });
  const range = rangeOf(cell, corner);

  // Widths come from the first rows and stay, so that nothing jumps while more of them arrive.
  const settled = rows > 0;
  const widths = useMemo(() => columnWidths(answer, settled), [answer, settled]);
  const lead = numberWidth(rows);

  const down = useVirtualizer({
    count: rows,
    getScrollElement: () => host.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: rowHeight + 4,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => host.current,
    estimateSize: (at) => widths[at] ?? 120,
    overscan: 3,
    scrollPaddingStart: lead,
  });
  const text = (row: number, column: number) => {
    const of = columns[column];
    return of === undefined ? null : cellText(answer.at(row, column), of.type);
  };
  const cellId = (row: number, column: number) => `${id}-${row}-${column}`;

  const goTo = (to: Cell, extend: boolean) => {
    setCell(to);
    if (!extend) setCorner(to);
    down.scrollToIndex(to.row);
    across.scrollToIndex(to.column);
  };
  const copy = async () => {
    const count = (range.bottom - range.top + 1) * (range.right - range.left + 1);
    const all = { ...range, bottom: count > copiedMax ? range.top : range.bottom };
    try {
      await navigator.clipboard.writeText(tabbed(all, (row, column) => text(row, column) ?? ''));
      announce(t('copyCells', (all.bottom - all.top + 1) * (all.right - all.left + 1)));
    } catch {
      showToast({ tone: 'bad', title: t('copyFailed') });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key.toLowerCase() === 'c') {
      if (window.getSelection()?.toString()) return;
      event.preventDefault();
      void copy();
      return;
    }
    if (mod && event.key.toLowerCase() === 'a') {
      event.preventDefault();
      setCell({ row: rows - 1, column: columns.length - 1 });
      setCorner({ row: 0, column: 0 });
      return;
    }
    const page = Math.max(1, Math.floor((host.current?.clientHeight ?? 0) / rowHeight) - 2);
    const to = moved(cell, { key: event.key, mod }, { rows, columns: columns.length, page });
    if (to === null) return;
    event.preventDefault();
    goTo(to, event.shiftKey);
  };
  const onPick = (event: MouseEvent, to: Cell) => goTo(to, event.shiftKey);

  const shown = across.getVirtualItems();
  const width = lead + across.getTotalSize();
  return (
    <div
      ref={host}
      role="grid"
      aria-label={t('gridLabel')}
      aria-describedby={`${id}-hint`}
      aria-rowcount={rows + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      aria-activedescendant={rows > 0 ? cellId(cell.row, cell.column) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className="group relative h-full min-h-0 overflow-auto bg-surface text-sm outline-offset-[-2px]"
    >
      <span id={`${id}-hint`} className="sr-only">
        {t('gridHint')}
      </span>
      <div
        role="row"
        aria-rowindex={1}
        className="sticky top-0 z-10 h-8 border-b border-line-strong bg-sunken"
        style={{ width }}
      >
        <div
          role="columnheader"
          aria-colindex={1}
          className="sticky left-0 z-10 inline-flex h-full items-center justify-end border-r border-line bg-sunken pr-2 text-xs text-ink-faint"
          style={{ width: lead }}
        >
          <span className="sr-only">{t('rowNumber')}</span>
          <span aria-hidden>#</span>
        </div>
        {shown.map((item) => {
          const column = columns[item.index];
          if (!column) return null;
          const mask = maskOf(answer.terms, column.name);
          return (
            <div
              key={item.index}
              role="columnheader"
              aria-colindex={item.index + 2}
              title={[typeName(column.type), mask].filter(Boolean).join(' · ')}
              className={cx(
                'absolute top-0 flex h-full items-center gap-1.5 border-r border-line px-2 font-medium',
                isNumeric(column.type) && 'justify-end',
                mask !== null && 'hatched text-mask-ink',
              )}
              style={{ left: lead + item.start, width: item.size }}
            >
              <span className="truncate">{column.name}</span>
              {mask !== null ? (
                <EyeOff role="img" aria-label={t('seesMasked', mask)} className="size-3 shrink-0" />
              ) : null}
              <span className="shrink-0 text-xs font-normal text-ink-faint">
                {typeName(column.type)}
              </span>
            </div>
          );
        })}
      </div>
      <div className="relative" style={{ height: down.getTotalSize(), width }}>
        {down.getVirtualItems().map((line) => (
          <div
            key={line.index}
            role="row"
            aria-rowindex={line.index + 2}
            className="absolute left-0 border-b border-line"
            style={{ top: line.start, height: rowHeight, width }}
          >
            <div
              role="rowheader"
              aria-colindex={1}
              className="sticky left-0 z-[1] flex h-full items-center justify-end border-r border-line bg-sunken pr-2 text-xs text-ink-faint"
              style={{ width: lead }}
            >
              {line.index + 1}
            </div>
            {shown.map((item) => {
              const column = columns[item.index];
              if (!column) return null;
              const value = text(line.index, item.index);
              const active = cell.row === line.index && cell.column === item.index;
              const chosen = holds(range, line.index, item.index);
              return (
                <div
                  key={item.index}
                  id={cellId(line.index, item.index)}
                  role="gridcell"
                  aria-colindex={item.index + 2}
                  aria-selected={chosen}
                  onMouseDown={(event) => onPick(event, { row: line.index, column: item.index })}
                  className={cx(
                    'absolute top-0 flex h-full items-center border-r border-line px-2',
                    isNumeric(column.type) && 'justify-end tabular-nums',
                    chosen && !active && 'bg-hover',
                    active &&
                      'group-focus:bg-accent-soft group-focus:shadow-[inset_0_0_0_2px_var(--accent)]',
                  )}
                  style={{ left: lead + item.start, width: item.size }}
                >
                  {value === null ? (
                    <span className="text-ink-faint italic">{t('isNull')}</span>
                  ) : (
                    <span
                      className="truncate whitespace-pre"
                      title={value.length > 24 ? value : undefined}
                    >
                      {value}
                    </span>
                  )}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
