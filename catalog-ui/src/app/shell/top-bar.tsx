import { useNavigate, useRouterState } from '@tanstack/react-router';
import { Command } from 'lucide-react';
import { type RefObject, useEffect, useState } from 'react';
import { useSession } from '@/app/session';
import { Mark } from '@/app/shell/mark';
import { PersonMenu } from '@/app/shell/person-menu';
import { ThemeMenu } from '@/app/shell/theme-menu';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { moveInList } from '@/ui/keyboard/lists';
import { readableKeys } from '@/ui/keyboard/shortcuts';
import { Link } from '@/ui/link';
import { SearchField } from '@/ui/search-field';
import { Tooltip } from '@/ui/tooltip';
import { t } from '@/words/shell';

export interface TopBarProps {
  searchRef: RefObject<HTMLInputElement | null>;
  onPalette: () => void;
  onShortcuts: () => void;
}

export function TopBar({ searchRef, onPalette, onShortcuts }: TopBarProps) {
  const { environment, mesh } = useSession();
  return (
    <header
      data-shell
      className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-surface px-3 sm:gap-3 sm:px-4"
    >
      <Link
        to="/"
        look="bare"
        aria-label={`${t('weft')}: ${t('home')}`}
        className="flex items-center gap-2.5 md:w-44"
      >
        <Mark className="size-7" />
        <span className="text-lg font-semibold tracking-tight max-md:hidden">{t('weft')}</span>
      </Link>
      <SearchBox searchRef={searchRef} />
      <div className="flex-1 max-md:hidden" />
      {environment ? (
        <Badge className="max-sm:hidden">
          <span title={mesh ?? undefined}>
            <span className="sr-only">{t('environment', environment)}</span>
            <span aria-hidden>{environment}</span>
          </span>
        </Badge>
      ) : null}
      <Tooltip text={`${t('palette')} · ${readableKeys('mod+k').join(' ')}`}>
        <Button
          kind="quiet"
          size="icon"
          aria-label={t('palette')}
          onPress={onPalette}
          className="max-sm:hidden"
        >
          <Command aria-hidden className="size-4.5" strokeWidth={1.75} />
        </Button>
      </Tooltip>
      <ThemeMenu />
      <PersonMenu onShortcuts={onShortcuts} />
    </header>
  );
}

/** On the search page it searches with every key; elsewhere Enter goes there. */
function SearchBox({ searchRef }: { searchRef: RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const here = location.pathname.endsWith('/search');
  const asked = here ? String((location.search as { q?: string }).q ?? '') : '';
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);

  const go = (q: string, replace: boolean) =>
    void navigate({
      to: '/search',
      search: (before) => ({ ...(here ? before : {}), q: q || undefined }),
      replace,
    });
  return (
    <SearchField
      aria-label={t('searchEverything')}
      placeholder={t('searchPlaceholder')}
      keyHint="/"
      inputRef={searchRef}
      value={text}
      onChange={(next) => {
        setText(next);
        if (here) go(next, true);
      }}
      onSubmit={(next) => go(next, here)}
      onKeyDown={(event) => {
        if (here && event.key === 'ArrowDown') moveInList(1);
      }}
      className="max-w-xl min-w-0 flex-1 basis-96"
    />
  );
}
