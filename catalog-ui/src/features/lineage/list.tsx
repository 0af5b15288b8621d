import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import type { Lineage, LineageEdge, LineageNode } from '@/api/catalog';
import { type Row, rowsOf } from '@/features/lineage/following';
import { stateWords } from '@/features/lineage/node-words';
import { t } from '@/features/lineage/words';
import { Status } from '@/ui/badge';
import { cx } from '@/ui/cx';
import { listed } from '@/words/define';

export interface ListProps {
  lineage: Lineage;
  active: string | null;
  lit: ReadonlySet<string> | null;
  ownerOf: (node: LineageNode) => string | null;
  onActive: (id: string) => void;
  onOpen: (id: string) => void;
}

/** The same as the graph as a tree grid: arrows move and fold, Enter starts anew from a node. */
export function List({ lineage, active, lit, ownerOf, onActive, onOpen }: ListProps) {
  const id = useId();
  const host = useRef<HTMLTableElement>(null);
  const rows = useMemo(() => rowsOf(lineage), [lineage]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => unfolded(rows, folded), [rows, folded]);
  const at = Math.max(
    0,
    shown.findIndex(({ node }) => node.id === active),
  );

  const fold = (node: string, close: boolean) => {
    const next = new Set(folded);
    if (close) next.add(node);
    else next.delete(node);
    setFolded(next);
  };
  const goTo = (row: Row | undefined) => {
    if (!row) return;
    onActive(row.node.id);
    const element = document.getElementById(`${id}${row.node.id}`);
    element?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = shown[at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = row.hasChildren && !folded.has(row.node.id);
    if (event.key === 'ArrowDown') goTo(shown[at + 1]);
    else if (event.key === 'ArrowUp') goTo(shown[at - 1]);
    else if (event.key === 'Home') goTo(shown[0]);
    else if (event.key === 'End') goTo(shown.at(-1));
    else if (event.key === 'ArrowRight') {
      if (open) goTo(shown[at + 1]);
      else if (row.hasChildren) fold(row.node.id, false);
    } else if (event.key === 'ArrowLeft') {
      if (open) fold(row.node.id, true);
      else goTo(shown.find(({ node }) => node.id === row.parent));
    } else if (event.key === 'Enter') onOpen(row.node.id);
    else return;
    event.preventDefault();
  };

  const head = 'px-3 py-2 text-left text-xs font-medium text-ink-soft whitespace-nowrap';
  return (
    <div className="h-full overflow-auto bg-surface">
      <table
        ref={host}
        role="treegrid"
        aria-label={t('listLabel')}
        aria-rowcount={shown.length + 1}
        className="w-full border-collapse text-sm"
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr className="border-b border-line">
            <th role="columnheader" className={cx(head, 'pl-4')}>
              {t('name')}
            </th>
            <th role="columnheader" className={head}>
              {t('steps')}
            </th>
            <th role="columnheader" className={cx(head, 'max-sm:hidden')}>
              {t('through')}
            </th>
            <th role="columnheader" className={cx(head, 'max-md:hidden')}>
              {t('release')}
            </th>
            <th role="columnheader" className={cx(head, 'max-sm:hidden')}>
              {t('state')}
            </th>
            <th role="columnheader" className={cx(head, 'max-md:hidden')}>
              {t('owner')}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row, index) => {
            const { node, level, hasChildren, edges } = row;
            const current = index === at;
            return (
              <tr
                key={node.id}
                id={`${id}${node.id}`}
                aria-level={level}
                aria-rowindex={index + 2}
                aria-expanded={hasChildren ? !folded.has(node.id) : undefined}
                aria-selected={node.id === active}
                tabIndex={current ? 0 : -1}
                onClick={() => onActive(node.id)}
                onDoubleClick={() => onOpen(node.id)}
                className={cx(
                  'cursor-pointer border-b border-line outline-offset-[-2px] hover:bg-hover',
                  node.id === active && 'bg-accent-soft',
                  lit !== null && !lit.has(node.id) && 'bg-canvas text-ink-faint italic',
                )}
              >
                <td role="gridcell" className="py-1 pr-3 pl-4">
                  <span
                    className="flex min-h-6 items-center gap-1"
                    style={{ paddingLeft: `${(level - 1) * 1.25}rem` }}
                  >
                    {hasChildren ? (
                      <span
                        aria-hidden
                        className="grid size-6 shrink-0 place-items-center text-ink-faint"
                        onClick={(event) => {
                          event.stopPropagation();
                          fold(node.id, !folded.has(node.id));
                        }}
                      >
                        <ChevronRight
                          className={cx('size-3.5', !folded.has(node.id) && 'rotate-90')}
                        />
                      </span>
                    ) : (
                      <span className="w-6 shrink-0" />
                    )}
                    <span className={cx('break-all', node.hops === 0 && 'font-semibold')}>
                      {node.id}
                    </span>
                  </span>
                </td>
                <td role="gridcell" className="px-3 py-1 whitespace-nowrap text-ink-soft">
                  {t('hops', node.hops)}
                </td>
                <td role="gridcell" className="px-3 py-1 text-ink-soft max-sm:hidden">
                  {edges.map((edge) => howOf(edge)).join('; ')}
                </td>
                <td role="gridcell" className="px-3 py-1 text-ink-soft max-md:hidden">
                  {edges[0]?.release ?? ''}
                </td>
                <td role="gridcell" className="px-3 py-1 max-sm:hidden">
                  <State node={node} />
                </td>
                <td role="gridcell" className="px-3 py-1 text-ink-soft max-md:hidden">
                  {ownerOf(node)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function State({ node }: { node: LineageNode }) {
  const words = stateWords(node);
  if (words === null || !node.state) return <span className="text-ink-faint">–</span>;
  const bad = node.state.failedChecks > 0;
  const tone = bad ? 'bad' : node.state.freshness === 'late' ? 'warn' : 'good';
  return <Status tone={tone}>{words}</Status>;
}

/** `computed (direct), filters (indirect)`, or what else is known of an edge. */
export function howOf(edge: LineageEdge): string {
  if (edge.declaredOnly) return t('legendDeclared');
  if (edge.how.length === 0) return t('legendRead');
  return listed(edge.how.map(({ kind, detail }) => `${t('step', detail)} (${t(kind)})`));
}

function unfolded(rows: readonly Row[], folded: ReadonlySet<string>): Row[] {
  const shown: Row[] = [];
  let closed: number | null = null;
  for (const row of rows) {
    if (closed !== null && row.level > closed) continue;
    closed = folded.has(row.node.id) ? row.level : null;
    shown.push(row);
  }
  return shown;
}
