import { Check, Circle, LoaderCircle, type LucideIcon, Minus, X } from 'lucide-react';
import { Diagnostics } from '@/features/publish/diagnostics';
import { PortSteps } from '@/features/publish/port-steps';
import type { RevisionStep } from '@/features/publish/queries';
import { formatMs, stepWords } from '@/features/publish/states';
import { t } from '@/features/publish/words';
import { cx } from '@/ui/cx';
import { DateTime } from '@/ui/date-time';

const looks: Record<string, { icon: LucideIcon; className: string; word: string }> = {
  waiting: { icon: Circle, className: 'border-line text-ink-faint', word: t('waiting') },
  running: {
    icon: LoaderCircle,
    className: 'border-accent bg-accent-soft text-accent-ink',
    word: t('running'),
  },
  done: {
    icon: Check,
    className: 'border-good-mark bg-good-soft text-good-ink',
    word: t('done'),
  },
  failed: { icon: X, className: 'border-bad-mark bg-bad-soft text-bad-ink', word: t('failed') },
  skipped: { icon: Minus, className: 'border-line bg-sunken text-ink-faint', word: t('skipped') },
};

const waiting = {
  icon: Circle,
  className: 'border-line text-ink-faint',
  word: t('waiting'),
} as const;

/** One step of the way: its state, what came of it, how long it took, and what was wrong in which file. */
export function StoryStep({
  step,
  isLast,
  sha,
}: {
  step: RevisionStep;
  isLast: boolean;
  sha: string;
}) {
  const look = looks[step.state] ?? waiting;
  const Icon = look.icon;
  const quiet = step.state === 'waiting' || step.state === 'skipped';
  return (
    <li
      data-step={step.name}
      data-step-state={step.state}
      className="relative grid grid-cols-[2rem_minmax(0,1fr)] gap-x-3"
    >
      {isLast ? null : (
        <span
          aria-hidden
          className="absolute top-8 bottom-0 left-4 w-px -translate-x-1/2 bg-line"
        />
      )}
      <span
        aria-hidden
        className={cx('z-1 grid size-8 place-items-center rounded-full border', look.className)}
      >
        <Icon
          className={cx('size-4', step.state === 'running' && 'motion-safe:animate-spin')}
          strokeWidth={2.25}
        />
      </span>
      <div className={cx('min-w-0', isLast ? 'pb-1' : 'pb-5')}>
        <div className="flex min-h-8 flex-wrap items-center gap-x-3">
          <h2 className={cx('font-semibold', quiet && 'text-ink-soft')}>
            {stepWords[step.name] ?? step.name} <span className="sr-only">({look.word})</span>
          </h2>
          <span className="min-w-0 text-ink-soft">{step.detail || look.word}</span>
          <span className="ml-auto flex gap-x-3 text-sm text-ink-faint">
            {typeof step.durationMs === 'number' ? (
              <span>{t('inTime', formatMs(step.durationMs))}</span>
            ) : null}
            {step.at ? <DateTime at={step.at} /> : null}
          </span>
        </div>
        {step.diagnostics.length > 0 ? (
          <Diagnostics diagnostics={step.diagnostics} sha={sha} />
        ) : null}
        {step.ports.length > 0 ? <PortSteps steps={step.ports} /> : null}
      </div>
    </li>
  );
}
