/** One shortcut: `/`, `g h`, `mod+k` (Ctrl, or Cmd on a Mac), `mod+enter`, `?`. */
export interface Shortcut {
  keys: string;
  label: string;
  scope: 'everywhere' | 'here';
  run: (event: KeyboardEvent) => void;
}

const registered = new Set<Shortcut>();
const listeners = new Set<() => void>();
let snapshot: readonly Shortcut[] = [];

function changed() {
  snapshot = [...registered];
  for (const listener of listeners) listener();
}

/** Makes a shortcut work until the returned function is called. Of two with the same keys the later one runs. */
export function registerShortcut(shortcut: Shortcut): () => void {
  registered.add(shortcut);
  changed();
  return () => {
    registered.delete(shortcut);
    changed();
  };
}

export function shortcuts(): readonly Shortcut[] {
  return snapshot;
}

export function onShortcutsChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const storageKey = 'weft.single-keys';
let singleKeys: boolean | null = null;

/** Whether keys without Ctrl or Cmd do anything (WCAG 2.1.4 wants them to be switched off). */
export function singleKeysOn(): boolean {
  if (singleKeys === null) {
    try {
      singleKeys = localStorage.getItem(storageKey) !== 'off';
    } catch {
      singleKeys = true;
    }
  }
  return singleKeys;
}

export function setSingleKeys(on: boolean): void {
  singleKeys = on;
  try {
    localStorage.setItem(storageKey, on ? 'on' : 'off');
  } catch {
    // Holds until the page is closed.
  }
  changed();
}

const sequenceMs = 1200;
let pending: { key: string; at: number } | null = null;

/** The name of a pressed key as shortcuts write it, or null for a modifier alone. */
export function pressed(event: KeyboardEvent): string | null {
  if (['Control', 'Meta', 'Shift', 'Alt'].includes(event.key)) return null;
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey;
  if (event.altKey && !mod && key.length > 1) return `alt+${key}`;
  return mod ? `mod+${key}` : key;
}

function writes(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** True while a dialog or a menu is open: keys belong to it then, but for the ones with Ctrl or Cmd. */
function layerOpen(): boolean {
  return document.querySelector('[role=dialog],[role=alertdialog],[role=menu]') !== null;
}

/**
 * Runs what the pressed key stands for, alone or as the second of a sequence such as `g h`.
 * Single keys do nothing while somebody writes, while a layer is open, or when they are switched off.
 */
export function handleKey(event: KeyboardEvent, now = Date.now()): void {
  if (event.defaultPrevented || event.isComposing) return;
  const key = pressed(event);
  if (key === null) return;
  const single = !key.startsWith('mod+') && !key.startsWith('alt+');
  if (single && (!singleKeysOn() || writes(event.target) || layerOpen())) return;

  const before = pending && now - pending.at < sequenceMs ? pending.key : null;
  pending = null;
  const all = [...registered].reverse();
  const found =
    (before ? all.find((shortcut) => shortcut.keys === `${before} ${key}`) : undefined) ??
    all.find((shortcut) => shortcut.keys === key);
  if (found) {
    event.preventDefault();
    found.run(event);
  } else if (all.some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = { key, at: now };
  }
}

/** `mod+k` as a person reads it: `Ctrl K`, or `⌘ K` on a Mac. */
export function readableKeys(keys: string): string[] {
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return keys
    .split(/[ +]/)
    .filter(Boolean)
    .map((key) =>
      key === 'mod'
        ? mac
          ? '⌘'
          : 'Ctrl'
        : key === 'enter'
          ? '⏎'
          : key.length > 1
            ? capital(key)
            : key,
    );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
