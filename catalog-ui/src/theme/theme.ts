import { useSyncExternalStore } from 'react';

/** What a person chose. `system` follows the machine, its wish for more contrast included. */
export type ThemeChoice = 'system' | 'light' | 'dark' | 'contrast';

export const themeChoices: readonly ThemeChoice[] = ['system', 'light', 'dark', 'contrast'];

const key = 'weft.theme';
const listeners = new Set<() => void>();

function isChoice(text: string | null): text is ThemeChoice {
  return themeChoices.some((choice) => choice === text);
}

/** The stored choice; `system` when none is stored or storage is closed to us. */
export function themeChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(key);
    return isChoice(stored) ? stored : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    localStorage.setItem(key, choice);
  } catch {
    // A browser that stores nothing still shows the choice until the page is closed.
  }
  applyTheme(choice);
  for (const listener of listeners) listener();
}

/** Writes the choice where the tokens look for it. The inline script of index.html does the same before first paint. */
export function applyTheme(choice: ThemeChoice): void {
  const root = document.documentElement;
  root.dataset.theme = choice === 'light' || choice === 'dark' ? choice : 'system';
  const more =
    choice === 'contrast' ||
    (choice === 'system' && window.matchMedia('(prefers-contrast: more)').matches);
  root.dataset.contrast = more ? 'more' : 'normal';
}

/** Keeps `system` in step when the machine's wish for contrast changes. */
export function followSystem(): void {
  window.matchMedia('(prefers-contrast: more)').addEventListener('change', () => {
    applyTheme(themeChoice());
  });
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, themeChoice);
}
