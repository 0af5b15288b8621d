import { useEffect, useRef } from 'react';
import { registerShortcut, type Shortcut } from '@/ui/keyboard/shortcuts';

/** A shortcut for as long as the component is on screen; the `?` sheet lists it under its label. */
export function useShortcut(
  keys: string,
  label: string,
  run: (event: KeyboardEvent) => void,
  options: { scope?: Shortcut['scope']; enabled?: boolean } = {},
): void {
  const { scope = 'here', enabled = true } = options;
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!enabled) return;
    return registerShortcut({ keys, label, scope, run: (event) => latest.current(event) });
  }, [keys, label, scope, enabled]);
}
