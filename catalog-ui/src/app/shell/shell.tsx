import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSession } from '@/app/session';
import { FootBar } from '@/app/shell/foot-bar';
import { entriesFor } from '@/app/shell/navigation';
import { useNews } from '@/app/shell/news';
import { Rail } from '@/app/shell/rail';
import { useShellShortcuts } from '@/app/shell/shell-shortcuts';
import { TopBar } from '@/app/shell/top-bar';
import { announce } from '@/ui/announce';
import { t } from '@/words/shell';

const Palette = lazy(() => import('@/app/shell/palette').then((m) => ({ default: m.Palette })));
const ShortcutSheet = lazy(() =>
  import('@/app/shell/shortcut-sheet').then((m) => ({ default: m.ShortcutSheet })),
);

/** What stays while pages come and go. */
export function Shell() {
  const { pages, toDecide } = useSession();
  const entries = useMemo(() => entriesFor(pages), [pages]);
  const [layer, setLayer] = useState<'palette' | 'sheet' | null>(null);
  const searchRef = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const openPalette = useCallback(() => setLayer('palette'), []);
  const openSheet = useCallback(() => setLayer('sheet'), []);
  const close = useCallback(() => setLayer(null), []);
  useShellShortcuts({ searchRef, entries, onPalette: openPalette, onSheet: openSheet });
  useNews();
  useArrivals(main);

  return (
    <div className="flex min-h-dvh flex-col">
      {/* Not an address: with a <base> a bare fragment would lead to another page. */}
      <button
        type="button"
        onClick={() => main.current?.focus()}
        className="sr-only z-50 rounded-md bg-accent px-4 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('skip')}
      </button>
      <TopBar searchRef={searchRef} onPalette={openPalette} onShortcuts={openSheet} />
      <div className="flex flex-1">
        <Rail entries={entries} waiting={toDecide} />
        <main
          ref={main}
          id="main"
          tabIndex={-1}
          data-quiet-focus
          className="min-w-0 flex-1 max-md:pb-14"
        >
          <Outlet />
        </main>
      </div>
      <FootBar entries={entries} waiting={toDecide} />
      <Suspense>
        {layer === 'palette' ? (
          <Palette entries={entries} onClose={close} onSheet={openSheet} />
        ) : null}
        {layer === 'sheet' ? <ShortcutSheet isOpen onClose={close} /> : null}
      </Suspense>
    </div>
  );
}

/** After going to another page its title is read out and focus starts at its top, as on a page that was loaded. */
function useArrivals(main: { current: HTMLElement | null }) {
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(pathname);
  useEffect(() => {
    if (pathname === undefined || before.current === pathname) return;
    const first = before.current === undefined;
    before.current = pathname;
    if (first) return;
    const typing = document.activeElement instanceof HTMLInputElement;
    if (!typing) main.current?.focus({ preventScroll: true });
    announce(document.title);
  }, [pathname, main]);
}
