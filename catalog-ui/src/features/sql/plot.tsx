import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Points } from '@/features/sql/chart-data';
import { formatCompact } from '@/words/define';

const height = 288;

export interface PlotProps {
  points: Points;
  kind: 'bar' | 'line';
  /** What is drawn, for those who do not see it. */
  label: string;
  /** Of what stands up. */
  name: string;
}

/** Draws points. Canvas knows no tokens, so colours are read from the page, again when the theme turns. */
export function Plot({ points, kind, label, name }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = host.current;
    if (!target) return;
    let plot = draw(target, points, kind, name);
    const again = () => {
      plot.destroy();
      plot = draw(target, points, kind, name);
    };
    const sizes = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height }));
    sizes.observe(target);
    const themes = new MutationObserver(again);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-contrast'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', again);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      dark.removeEventListener('change', again);
      plot.destroy();
    };
  }, [points, kind, name]);
  return <div ref={host} role="img" aria-label={label} className="min-w-0" style={{ height }} />;
}

function draw(target: HTMLElement, points: Points, kind: 'bar' | 'line', name: string): uPlot {
  const colour = coloursOf(target);
  const places = points.instants ?? points.labels.map((_, at) => at);
  const font = `12px ${getComputedStyle(target).fontFamily}`;
  const axis = { stroke: colour('--ink-soft'), font, grid: { stroke: colour('--line'), width: 1 } };
  const ticks = { stroke: colour('--line'), width: 1, size: 4 };
  return new uPlot(
    {
      width: target.clientWidth,
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: {
        x: { time: points.instants !== null, range: kind === 'bar' ? wide : undefined },
        y: kind === 'bar' ? { range: fromZero } : {},
      },
      axes: [
        {
          ...axis,
          ticks,
          grid: { show: false },
          ...(points.instants === null
            ? {
                splits: (self: uPlot) => whole(self, points.labels.length),
                values: (_: uPlot, splits: number[]) =>
                  splits.map((at) => shortened(points.labels[at] ?? '')),
              }
            : {}),
        },
        { ...axis, ticks, size: 56, values: (_, splits) => splits.map(formatCompact) },
      ],
      series: [
        {},
        {
          label: name,
          stroke: colour('--series-1'),
          fill: kind === 'bar' ? colour('--series-1') : undefined,
          width: kind === 'bar' ? 0 : 2,
          paths: kind === 'bar' ? uPlot.paths.bars?.({ size: [0.7, 56] }) : undefined,
          points: { show: kind === 'line' && points.values.length < 60 },
        },
      ],
    },
    [places, points.values],
    target,
  );
}

/** Half a bar of room at each end. */
function wide(_: uPlot, min: number, max: number): [number, number] {
  return [min - 0.6, max + 0.6];
}

function fromZero(_: uPlot, min: number, max: number): [number, number] {
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  return low === high ? [0, 1] : [low * 1.05, high * 1.05];
}

/** As many labels as find room, at whole places. */
function whole(self: uPlot, count: number): number[] {
  const room = Math.max(1, Math.floor(self.width / 90));
  const step = Math.max(1, Math.ceil(count / room));
  return Array.from({ length: Math.ceil(count / step) }, (_, at) => at * step);
}

function shortened(text: string): string {
  return text.length > 12 ? `${text.slice(0, 11)}…` : text;
}

/** Tokens are pairs of colours; an element that wears one tells which of the two it is now. */
function coloursOf(target: HTMLElement): (token: string) => string {
  const probe = document.createElement('span');
  target.append(probe);
  const found = new Map<string, string>();
  for (const token of ['--ink-soft', '--line', '--series-1']) {
    probe.style.color = `var(${token})`;
    found.set(token, getComputedStyle(probe).color);
  }
  probe.remove();
  return (token) => found.get(token) ?? '';
}
