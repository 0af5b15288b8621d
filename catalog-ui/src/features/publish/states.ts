import type { Diagnostic } from '@/features/publish/queries';
import { t } from '@/features/publish/words';
import type { Tone } from '@/ui/badge';

/** States of runs and of revisions, which call one thing by two words. */
export const outcomes: Record<string, { word: string; tone: Tone }> = {
  running: { word: t('running'), tone: 'waiting' },
  succeeded: { word: t('live'), tone: 'good' },
  live: { word: t('live'), tone: 'good' },
  partial: { word: t('partial'), tone: 'warn' },
  refused: { word: t('refused'), tone: 'bad' },
  failed: { word: t('failed'), tone: 'bad' },
};

export const stepWords: Record<string, string> = {
  fetched: t('fetched'),
  valid: t('valid'),
  policies: t('policies'),
  planned: t('planned'),
  tables: t('tables'),
  live: t('liveStep'),
};

/** Errors and warnings among problems of files. */
export function counts(diagnostics: readonly Diagnostic[]): { errors: number; warnings: number } {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  return { errors, warnings: diagnostics.length - errors };
}

/** `0.4 s`, `38 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** How long something took that began and ended; null while it goes on. */
export function tookMs(began?: string | null, ended?: string | null): number | null {
  return began && ended ? Math.max(0, Date.parse(ended) - Date.parse(began)) : null;
}
