import '@xyflow/react/dist/base.css';
import { ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef } from 'react';
import { along, type Drawing } from '@/features/lineage/drawing';
import { GraphButtons } from '@/features/lineage/graph-buttons';
import { Lines } from '@/features/lineage/lines';
import { type BoxNode, NodeBox } from '@/features/lineage/node-box';
import { saidOf } from '@/features/lineage/node-words';
import { t } from '@/features/lineage/words';
import { announce } from '@/ui/announce';

export interface GraphProps {
  drawing: Drawing;
  focus: string;
  level: string;
  /** The box that the keyboard and the pane are at. */
  active: string | null;
  /** What is not dimmed; null dims nothing. */
  lit: ReadonlySet<string> | null;
  onActive: (id: string) => void;
  /** Starts anew from a node, or opens a cluster. */
  onOpen: (id: string) => void;
}

const types = { box: NodeBox };
/** More than that would be too small to read when all of it is in sight. */
const readableMost = 60;

export function Graph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ drawing, focus, level, active, lit, onActive, onOpen }: GraphProps) {
  const id = useId();
  const flow = useReactFlow();
  const host = useRef<HTMLDivElement>(null);
  const { boxes, lines } = drawing;

  const nodes = useMemo(
    () =>
      boxes.map((box): BoxNode => {
        const isFocus = box.id === focus;
        return {
          id: box.id,
          type: 'box',
          position: { x: box.x, y: box.y },
          // Sizes are given and taken as measured, and there are no handles to look for: nothing is drawn to be measured.
          width: box.width,
          height: box.height,
          measured: { width: box.width, height: box.height },
          handles: [],
          ariaRole: 'img',
          ariaLabel: saidOf(box, level, isFocus),
          domAttributes: { id: `${id}${box.id}`, 'aria-roledescription': undefined } as never,
          data: {
            box,
            level,
            isFocus,
            isActive: box.id === active,
            isDim: lit !== null && !lit.has(box.id),
          },
        };
      }),
    [boxes, focus, level, active, lit, id],
  );
  const show = (target: string, zoom?: number) => {
    const box = boxes.find((one) => one.id === target);
    if (!box) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, {
      zoom: zoom ?? Math.max(flow.getZoom(), 0.7),
      duration: calm ? 0 : 160,
    });
  };
  const fit = () => {
    if (boxes.length <= readableMost) void flow.fitView({ padding: 0.12, maxZoom: 1 });
    else show(active ?? focus, 0.85);
  };
  /** Moves the drawing only where the box is out of sight. */
  const reveal = (target: string) => {
    const box = boxes.find((one) => one.id === target);
    const around = host.current?.getBoundingClientRect();
    if (!box || !around) return;
    const from = flow.flowToScreenPosition({ x: box.x, y: box.y });
    const to = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
    const seen =
      from.x >= around.left &&
      from.y >= around.top &&
      to.x <= around.right &&
      to.y <= around.bottom;
    if (!seen) show(target);
  };
  const arrange = useRef(fit);
  arrange.current = fit;
  const look = useRef(reveal);
  look.current = reveal;
  // A new drawing begins at its focus; going to a box brings it into sight.
  const arranged = useRef<Drawing | null>(null);
  useEffect(() => {
    if (arranged.current === drawing) return;
    arranged.current = drawing;
    arrange.current();
  }, [drawing]);
  useEffect(() => {
    if (active !== null) look.current(active);
  }, [active]);

  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = active ?? focus;
    if (key === 'Enter') onOpen(at);
    else if (key === '+' || key === '=') void flow.zoomIn();
    else if (key === '-') void flow.zoomOut();
    else if (key === '0') void flow.fitView({ padding: 0.12, maxZoom: 1 });
    else if (key === 'Home') onActive(focus);
    else if (isArrow(key)) {
      const next = along(drawing, at, key);
      if (next === null) return;
      onActive(next);
      const box = boxes.find((one) => one.id === next);
      if (box) announce(saidOf(box, level, next === focus));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="relative h-full min-h-0">
      <ReactFlow<BoxNode>
        ref={host}
        nodes={nodes}
        nodeTypes={types}
        onInit={() => arrange.current()}
        onNodeClick={(_, node) => onActive(node.id)}
        onNodeDoubleClick={(_, node) => onOpen(node.id)}
        onKeyDown={onKeyDown}
        tabIndex={0}
        aria-label={t('graphLabel', boxes.length, lines.length)}
        aria-activedescendant={active === null ? undefined : `${id}${active}`}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        disableKeyboardA11y
        onlyRenderVisibleElements
        zoomOnDoubleClick={false}
        minZoom={0.08}
        maxZoom={1.6}
        proOptions={{ hideAttribution: true }}
        className="bg-canvas outline-offset-[-2px]"
      >
        <Lines drawing={drawing} active={active} lit={lit} />
      </ReactFlow>
      <GraphButtons
        onFit={() => void flow.fitView({ padding: 0.12, maxZoom: 1 })}
        onFocus={() => show(focus)}
      />
    </div>
  );
}

function isArrow(key: string): key is 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' {
  return key.startsWith('Arrow');
}
