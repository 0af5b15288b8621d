import type { ChangeNear } from '@/features/home/queries';
import { t } from '@/features/home/words';
import { Badge, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { DateTime } from '@/ui/date-time';
import { ProductLink } from '@/ui/names';

const looks: Record<
  string,
  { tone: Tone; word: 'new' | 'changedWord' | 'rolledBack' | 'retired' }
> = {
  new: { tone: 'added', word: 'new' },
  changed: { tone: 'accent', word: 'changedWord' },
  rolled_back: { tone: 'warn', word: 'rolledBack' },
  retired: { tone: 'neutral', word: 'retired' },
};

/** As many as tell what happens without pushing the rest away. */
const shown = 8;

/** Releases of the last days, the newest first. */
export function ChangedNear({ changed }: { changed: readonly ChangeNear[] }) {
  return (
    <Card title={t('changed')} aside={t('changedHint')}>
      {changed.length === 0 ? (
        <p className="text-ink-soft">{t('changedNone')}</p>
      ) : (
        <ul className="flex flex-col gap-2" data-list>
          {changed.slice(0, shown).map((change) => {
            const look = looks[change.what] ?? { tone: 'accent', word: 'changedWord' };
            return (
              <li
                key={`${change.product} ${change.release}`}
                className="flex flex-wrap items-baseline gap-x-2"
              >
                <span className="min-w-0 flex-1 truncate [&>a]:inline-block [&>a]:py-0.5">
                  <ProductLink name={change.product} />
                </span>
                <Badge tone={look.tone}>{t(look.word)}</Badge>
                <span className="w-full text-sm text-ink-faint">
                  {t('releaseNumber', change.release)} · <DateTime at={change.at} look="ago" />
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
