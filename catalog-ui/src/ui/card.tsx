import { type ReactNode, useId } from 'react';
import { cx } from '@/ui/cx';

export interface CardProps {
  title: ReactNode;
  /** Small things that belong to the heading: a link to more, a count, a menu. */
  aside?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  level?: 2 | 3;
  /** Without padding, for tables and lists that reach the edge. */
  flush?: boolean;
  className?: string;
}

/** One question of a page with its answer. */
export function Card({ title, aside, children, footer, level = 2, flush, className }: CardProps) {
  const id = useId();
  const Heading = `h${level}` as const;
  return (
    <section
      data-card
      aria-labelledby={id}
      className={cx(
        'flex min-w-0 flex-col rounded-lg border border-line bg-surface shadow-low',
        className,
      )}
    >
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-2.5 pb-1.5">
        <Heading id={id} className="min-w-0 flex-1 text-base font-semibold text-ink">
          {title}
        </Heading>
        {aside ? (
          <div className="flex items-center gap-2 text-sm text-ink-soft">{aside}</div>
        ) : null}
      </header>
      <div className={cx('min-w-0 flex-1', flush ? 'pb-1' : 'px-4 pt-0.5 pb-4')}>{children}</div>
      {footer ? (
        <footer className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-2.5">
          {footer}
        </footer>
      ) : null}
    </section>
  );
}
