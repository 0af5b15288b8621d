import type { Ops } from '@/features/ops/queries';
import { t } from '@/features/ops/words';
import { Status, type Tone } from '@/ui/badge';
import { cx } from '@/ui/cx';

const states: Record<string, { tone: Tone; word: string; edge: string }> = {
  good: { tone: 'good', word: t('good'), edge: 'border-l-good-mark' },
  warning: { tone: 'warn', word: t('warning'), edge: 'border-l-warn-mark' },
  bad: { tone: 'bad', word: t('bad'), edge: 'border-l-bad-mark' },
};

/** One light for each thing that must work, with what it saw. */
export function Lights({ lights }: { lights: Ops['lights'] }) {
  return (
    <ul aria-label={t('lights')} className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
      {lights.map((light) => {
        const state = states[light.state];
        return (
          <li
            key={light.name}
            data-card
            data-light={light.state}
            className={cx(
              'rounded-lg border border-line border-l-4 bg-surface px-4 py-3 shadow-low',
              state?.edge ?? 'border-l-line-strong',
            )}
          >
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <h2 className="font-semibold">{capital(light.name)}</h2>
              <Status tone={state?.tone ?? 'neutral'} className="text-sm">
                {state?.word ?? light.state}
              </Status>
            </div>
            <p className="mt-0.5 text-ink-soft">{light.detail}</p>
          </li>
        );
      })}
    </ul>
  );
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
