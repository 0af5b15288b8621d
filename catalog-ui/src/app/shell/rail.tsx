import { BookOpen } from 'lucide-react';
import type { Entry } from '@/app/shell/navigation';
import { Link } from '@/ui/link';
import { t } from '@/words/shell';

const item =
  'flex min-h-9 items-center gap-3 rounded-md px-3 text-base text-ink-soft no-underline data-hovered:bg-hover data-hovered:text-ink ' +
  'aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-ink';

/** The way to every page, on wide screens. */
export function Rail({ entries, waiting }: { entries: readonly Entry[]; waiting: number }) {
  return (
    <nav
      data-shell
      aria-label={t('mainNavigation')}
      className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-48 shrink-0 flex-col gap-0.5 overflow-y-auto border-r border-line px-3 py-4 md:flex"
    >
      {entries.map((entry) => (
        <Link
          key={entry.id}
          to={entry.to}
          look="bare"
          className={item}
          activeOptions={{ exact: entry.to === '/', includeSearch: false }}
        >
          <entry.icon aria-hidden className="size-4.5 shrink-0" strokeWidth={1.75} />
          <span className="min-w-0 flex-1">{t(entry.word)}</span>
          {entry.id === 'requests' && waiting > 0 ? <Waiting n={waiting} /> : null}
        </Link>
      ))}
      <div className="flex-1" />
      <Link to="/docs/$" params={{ _splat: '' }} look="bare" className={item}>
        <BookOpen aria-hidden className="size-4.5 shrink-0" strokeWidth={1.75} />
        {t('docs')}
      </Link>
    </nav>
  );
}

export function Waiting({ n }: { n: number }) {
  return (
    <span className="rounded-full bg-accent px-1.5 text-xs font-semibold text-on-accent">
      <span aria-hidden>{n}</span>
      <span className="sr-only">{t('requestsWaiting', n)}</span>
    </span>
  );
}
