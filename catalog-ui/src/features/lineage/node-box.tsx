import { type Node, type NodeProps, useStore } from '@xyflow/react';
import { AlertTriangle, Check, Columns3, Layers, Package, Table2, X } from 'lucide-react';
import { memo } from 'react';
import type { LineageNode } from '@/api/catalog';
import type { Box } from '@/features/lineage/drawing';
import { namesOf } from '@/features/lineage/node-words';
import { cx } from '@/ui/cx';

export type BoxNode = Node<
  { box: Box; level: string; isFocus: boolean; isActive: boolean; isDim: boolean },
  'box'
>;

const icons = { product: Package, port: Table2, column: Columns3 } as const;

/** Whether letters would be too small to read, so that a plain box does. */
const fromAfar = ({ transform }: { transform: [number, number, number] }) => transform[2] < 0.3;

/** One box of the graph. It keeps light, since a thousand of them may be drawn. */
export const NodeBox = memo(function NodeBox({ data }: NodeProps<BoxNode>) {
  const { box, level, isFocus, isActive, isDim } = data;
  const isFar = useStore(fromAfar);
  const { title, under } = namesOf(box, level);
  const Icon = box.node ? icons[box.node.level] : Layers;
  return (
    <div
      className={cx(
        'flex h-full items-center gap-2 rounded-md border px-2.5 text-sm',
        // Dimmed by its weight and ground: fainter letters would be too faint to read.
        isDim ? 'border-dashed border-line bg-canvas text-ink-faint' : 'bg-surface text-ink',
        isFocus ? 'border-2 border-accent' : isDim ? null : 'border-line-strong',
        box.cluster && 'border-4 border-double',
        isActive &&
          'bg-accent-soft text-ink outline-2 outline-offset-2 outline-focus outline-solid',
      )}
    >
      {isFar ? null : (
        <>
          <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" strokeWidth={1.75} />
          <span className="min-w-0 flex-1">
            <span className={cx('block truncate', !isDim && 'font-medium')}>{title}</span>
            <span className={cx('block truncate text-xs', !isDim && 'text-ink-soft')}>{under}</span>
          </span>
          {box.node ? <StateMark node={box.node} /> : null}
        </>
      )}
    </div>
  );
});

function StateMark({ node: { state } }: { node: LineageNode }) {
  if (!state) return null;
  if (state.failedChecks > 0) return <X aria-hidden className="size-4 shrink-0 text-bad-mark" />;
  if (state.freshness === 'late') {
    return <AlertTriangle aria-hidden className="size-4 shrink-0 text-warn-mark" />;
  }
  return state.freshness === 'fresh' ? (
    <Check aria-hidden className="size-3.5 shrink-0 text-good-mark" />
  ) : null;
}
