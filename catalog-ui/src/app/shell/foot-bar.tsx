import { Menu as MenuIcon } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { Entry } from '@/app/shell/navigation';
import { Waiting } from '@/app/shell/rail';
import { Button } from '@/ui/button';
import { Link } from '@/ui/link';
import { t } from '@/words/shell';

const MenuDrawer = lazy(() =>
  import('@/app/shell/menu-drawer').then((m) => ({ default: m.MenuDrawer })),
);

const item =
  'relative flex min-h-13 flex-1 flex-col items-center justify-center gap-0.5 text-xs text-ink-soft no-underline outline-offset-[-3px] ' +
  'aria-[current=page]:font-medium aria-[current=page]:text-accent-ink';

/** The same on narrow screens: four entries under the thumb, the rest behind a menu. */
export function FootBar({ entries, waiting }: { entries: readonly Entry[]; waiting: number }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <nav
        data-shell
        aria-label={t('mainNavigation')}
        className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        {entries
          .filter((entry) => entry.inBar)
          .map((entry) => (
            <Link
              key={entry.id}
              to={entry.to}
              look="bare"
              className={item}
              activeOptions={{ exact: entry.to === '/', includeSearch: false }}
            >
              <entry.icon aria-hidden className="size-5" strokeWidth={1.75} />
              <span>{t(entry.word)}</span>
              {entry.id === 'requests' && waiting > 0 ? (
                <span className="absolute top-1 left-[calc(50%+0.5rem)]">
                  <Waiting n={waiting} />
                </span>
              ) : null}
            </Link>
          ))}
        <Button
          kind="quiet"
          onPress={() => setOpen(true)}
          aria-label={t('openMenu')}
          className="min-h-13! flex-1 flex-col gap-0.5! rounded-none! px-0! text-xs! font-normal! outline-offset-[-3px]"
        >
          <MenuIcon aria-hidden className="size-5" strokeWidth={1.75} />
          {t('more')}
        </Button>
      </nav>
      <Suspense>
        {open ? <MenuDrawer entries={entries} onClose={() => setOpen(false)} /> : null}
      </Suspense>
    </>
  );
}
