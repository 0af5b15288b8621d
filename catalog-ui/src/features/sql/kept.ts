import { useCallback, useEffect, useRef, useState } from 'react';

/** State that outlives the page, in this browser; without storage it lives as long as the page. */
export function useKept<T>(key: string, read: (text: string | null) => T) {
  const [value, setValue] = useState<T>(() => read(stored(key)));
  const latest = useRef(value);
  latest.current = value;
  const change = useCallback((next: (before: T) => T) => {
    setValue((before) => next(before));
  }, []);

  useEffect(() => {
    // Typing changes it with every key; storage is written when the hand rests, and when the page goes.
    const timer = setTimeout(() => store(key, value), 250);
    return () => clearTimeout(timer);
  }, [key, value]);
  useEffect(() => {
    const write = () => store(key, latest.current);
    window.addEventListener('pagehide', write);
    return () => {
      window.removeEventListener('pagehide', write);
      write();
    };
  }, [key]);
  return [value, change] as const;
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or switched off: it lives as long as the page.
  }
}
