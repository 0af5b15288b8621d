import type { ReactNode } from 'react';
import { cx } from '@/ui/cx';

export interface KeyValueProps {
  rows: readonly (readonly [key: ReactNode, value: ReactNode] | null)[];
  /** `tight` for cards, `wide` for pages. */
  look?: 'tight' | 'wide';
  className?: string;
}

/** Facts with their names. A `null` row is left out, so that conditions can stand inline. */
export function KeyValue({ rows, look = 'wide', className }: KeyValueProps) {
  return (
    <dl className={cx('grid gap-y-2', look === 'wide' && 'sm:gap-y-2.5', className)}>
      {rows.map((row, at) =>
        row === null ? null : (
          <div
            key={at}
            className={cx(
              'grid items-baseline gap-x-4',
              look === 'wide'
                ? 'sm:grid-cols-[9rem_minmax(0,1fr)]'
                : 'grid-cols-[5.5rem_minmax(0,1fr)]',
            )}
          >
            <dt className="text-sm text-ink-soft">{row[0]}</dt>
            <dd className="min-w-0 text-base text-ink">{row[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
