import { type ReactNode, useEffect, useState } from 'react';
import { announce } from '@/ui/announce';
import { Button } from '@/ui/button';
import { SkeletonRows } from '@/ui/states/skeleton';
import { t } from '@/words/shell';

export const skeletonAfterMs = 150;
export const slowAfterMs = 3000;

export interface LoadingProps {
  /** What is being loaded, as it stands in a sentence: `products`. */
  what: string;
  skeleton?: ReactNode;
  onCancel?: () => void;
}

/**
 * Nothing for 150 ms, then a skeleton that keeps the layout, after 3 s also what it waits for and a way out.
 * Screen readers are told once.
 */
export function Loading({ what, skeleton, onCancel }: LoadingProps) {
  const [phase, setPhase] = useState<'quiet' | 'skeleton' | 'slow'>('quiet');
  useEffect(() => {
    const first = setTimeout(() => {
      setPhase('skeleton');
      announce(t('loading', what));
    }, skeletonAfterMs);
    const second = setTimeout(() => {
      setPhase('slow');
      announce(t('slow', what));
    }, slowAfterMs);
    return () => {
      clearTimeout(first);
      clearTimeout(second);
    };
  }, [what]);

  if (phase === 'quiet') return null;
  return (
    <div data-state={phase === 'slow' ? 'slow' : 'loading'}>
      {phase === 'slow' ? (
        <div className="mb-4 flex flex-wrap items-center gap-3 rounded-md border border-line bg-surface px-4 py-2.5 text-ink-soft">
          <span className="min-w-0 flex-1">{t('slow', what)}</span>
          {onCancel ? (
            <Button size="small" onPress={onCancel}>
              {t('cancel')}
            </Button>
          ) : null}
        </div>
      ) : null}
      {skeleton ?? <SkeletonRows />}
    </div>
  );
}

/** After somebody pressed Cancel. */
export function Cancelled({ what, onAgain }: { what: string; onAgain: () => void }) {
  return (
    <div
      data-state="cancelled"
      className="flex flex-wrap items-center gap-3 rounded-md border border-line bg-surface px-4 py-3 text-ink-soft"
    >
      <span className="min-w-0 flex-1">{t('slowCancelled', what)}</span>
      <Button size="small" onPress={onAgain}>
        {t('loadAgain')}
      </Button>
    </div>
  );
}
