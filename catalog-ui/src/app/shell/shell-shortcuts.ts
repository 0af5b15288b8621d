import { useNavigate } from '@tanstack/react-router';
import { type RefObject, useEffect } from 'react';
import type { Entry } from '@/app/shell/navigation';
import { moveInList, pressNearest } from '@/ui/keyboard/lists';
import { handleKey, registerShortcut } from '@/ui/keyboard/shortcuts';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { t } from '@/words/shell';

export interface ShellActions {
  searchRef: RefObject<HTMLInputElement | null>;
  entries: readonly Entry[];
  onPalette: () => void;
  onSheet: () => void;
}

const everywhere = { scope: 'everywhere' } as const;

/** The keys that work on every page. */
export function useShellShortcuts({ searchRef, entries, onPalette, onSheet }: ShellActions): void {
  const navigate = useNavigate();
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handleKey(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);

  useShortcut(
    '/',
    t('focusSearch'),
    () => {
      searchRef.current?.focus();
      searchRef.current?.select();
    },
    everywhere,
  );
  useShortcut('mod+k', t('palette'), onPalette, everywhere);
  useShortcut('?', t('showShortcuts'), onSheet, everywhere);
  useShortcut('j', t('moveInLists'), () => moveInList(1), everywhere);
  useShortcut('k', t('moveInLists'), () => moveInList(-1), everywhere);
  useShortcut('.', t('actionsMenu'), () => pressNearest('data-actions'), everywhere);
  useShortcut('w', t('why'), () => pressNearest('data-why'), everywhere);

  useEffect(() => {
    const ends = entries.flatMap((entry) =>
      entry.key === null
        ? []
        : [
            registerShortcut({
              keys: `g ${entry.key}`,
              label: t('goTo', t(entry.word)),
              scope: 'everywhere',
              run: () => void navigate({ to: entry.to }),
            }),
          ],
    );
    return () => {
      for (const end of ends) end();
    };
  }, [entries, navigate]);
}
