import { cx } from '@/ui/cx';

export interface BarsProps {
  /** What the bars count; read out with the highest and the sum. */
  label: string;
  values: readonly number[];
  /** The title of each bar, as many as `values`. */
  titles?: readonly string[];
  height?: number;
  className?: string;
}

/** Small counts over time, as bars. Whoever needs the figures finds them in the table beside it. */
export function Bars({ label, values, titles, height = 24, className }: BarsProps) {
  const highest = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
      height={height}
      className={cx('block w-full', className)}
    >
      {values.map((value, at) => {
        const tall = value === 0 ? 1 : Math.max(2, (value / highest) * (height - 1));
        return (
          <rect
            key={at}
            x={at * step + step * 0.1}
            y={height - tall}
            width={step * 0.8}
            height={tall}
            className={value === 0 ? 'fill-line' : 'fill-series-1'}
          >
            {titles?.[at] ? <title>{titles[at]}</title> : null}
          </rect>
        );
      })}
    </svg>
  );
}
