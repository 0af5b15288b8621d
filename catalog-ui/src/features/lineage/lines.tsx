import { getBezierPath, Position, ViewportPortal } from '@xyflow/react';
import { memo, useMemo } from 'react';
import type { Box, Drawing, Line } from '@/features/lineage/drawing';

export interface LinesProps {
  drawing: Drawing;
  active: string | null;
  /** What is not dimmed; null dims nothing. */
  lit: ReadonlySet<string> | null;
}

/** Lines that look alike: one path for all of them, and one for their heads. */
interface Strand {
  look: Line['look'];
  weight: 'near' | 'plain' | 'dim';
  path: string;
  heads: string;
}

const dashes = { solid: undefined, dotted: '2 4', dashed: '7 5' };
const weights = {
  near: { strokeWidth: 2, className: 'stroke-accent fill-accent' },
  plain: { strokeWidth: 1.25, className: 'stroke-line-strong fill-line-strong' },
  dim: { strokeWidth: 1.25, className: 'stroke-line-strong fill-line-strong opacity-20' },
};
const [headLength, headWidth] = [9, 4];

/** The lines between boxes. A thousand of them weigh as much as one, for those that look alike are drawn as one. */
export const Lines = memo(function Lines({ drawing, active, lit }: LinesProps) {
  const strands = useMemo(() => strandsOf(drawing, active, lit), [drawing, active, lit]);
  return (
    <ViewportPortal>
      <svg aria-hidden className="pointer-events-none absolute -z-1 size-px overflow-visible">
        {strands.map(({ look, weight, path, heads }) => (
          <g key={`${look} ${weight}`} className={weights[weight].className}>
            <path
              d={path}
              fill="none"
              strokeWidth={weights[weight].strokeWidth}
              strokeDasharray={dashes[look]}
            />
            <path d={heads} stroke="none" />
          </g>
        ))}
      </svg>
    </ViewportPortal>
  );
});

/** Dimmed lines first and those at the active box last, so that what matters lies above. */
export function strandsOf(
  { boxes, lines }: Drawing,
  active: string | null,
  lit: ReadonlySet<string> | null,
): Strand[] {
  const places = new Map(boxes.map((box) => [box.id, box]));
  const strands = new Map<string, Strand>();
  for (const weight of ['dim', 'plain', 'near'] as const) {
    for (const look of ['dashed', 'dotted', 'solid'] as const) {
      strands.set(`${look} ${weight}`, { look, weight, path: '', heads: '' });
    }
  }
  for (const { from, to, look } of lines) {
    const [source, target] = [places.get(from), places.get(to)];
    if (!source || !target) continue;
    const isDim = lit !== null && !(lit.has(from) && lit.has(to));
    const isNear = from === active || to === active;
    const strand = strands.get(`${look} ${isNear ? 'near' : isDim ? 'dim' : 'plain'}`);
    if (!strand) continue;
    strand.path += between(source, target);
    strand.heads += headAt(target);
  }
  return [...strands.values()].filter(({ path }) => path !== '');
}

function between(source: Box, target: Box): string {
  return getBezierPath({
    sourceX: source.x + source.width,
    sourceY: source.y + source.height / 2,
    sourcePosition: Position.Right,
    targetX: target.x,
    targetY: target.y + target.height / 2,
    targetPosition: Position.Left,
  })[0];
}

/** Every line comes from the left. */
function headAt({ x, y, height }: Box): string {
  const middle = y + height / 2;
  return `M${x},${middle}l-${headLength},-${headWidth}v${2 * headWidth}z`;
}
