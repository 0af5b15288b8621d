import { AlarmClock, CircleX, Inbox, ListChecks, type LucideIcon } from 'lucide-react';
import type { Need } from '@/features/home/queries';
import { t } from '@/features/home/words';
import { Badge } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { DateTime } from '@/ui/date-time';
import { lastPart, productOf } from '@/ui/names';
import { Prose } from '@/ui/prose';
import { Empty } from '@/ui/states/empty';

const looks: Record<string, { icon: LucideIcon; className: string }> = {
  request: { icon: Inbox, className: 'text-accent-ink' },
  freshness: { icon: AlarmClock, className: 'text-warn-ink' },
  check: { icon: ListChecks, className: 'text-bad-ink' },
  run: { icon: CircleX, className: 'text-bad-ink' },
};

/** What waits for this person, the most pressing first, each with the one thing to do about it. */
export function NeedsYou({ needs }: { needs: readonly Need[] }) {
  return (
    <Card
      title={t('needsYou')}
      aside={needs.length > 0 ? <Badge tone="accent">{needs.length}</Badge> : null}
      flush
    >
      {needs.length === 0 ? (
        <Empty why="none" title={t('needsNothing')} detail={t('needsNothingDetail')} small />
      ) : (
        <ul className="divide-y divide-line border-t border-line" data-list>
          {needs.map((need) => (
            <NeedRow key={`${need.kind} ${need.subject}`} need={need} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function NeedRow({ need }: { need: Need }) {
  const look = looks[need.kind] ?? { icon: Inbox, className: 'text-ink-soft' };
  return (
    <li className="flex items-start gap-3 px-4 py-2.5">
      <look.icon
        aria-hidden
        className={`mt-1 size-4.5 shrink-0 ${look.className}`}
        strokeWidth={1.75}
      />
      <div className="min-w-0 flex-1">
        <p className="text-ink">
          <Prose text={need.text} />
        </p>
        <p className="text-sm text-ink-faint">
          <DateTime at={need.at} look="ago" />
        </p>
      </div>
      <NeedAction need={need} />
    </li>
  );
}

function NeedAction({ need }: { need: Need }) {
  switch (need.kind) {
    case 'request':
      return (
        <ButtonLink size="small" to="/requests" search={{ id: need.subject }} data-actions>
          {t('review')}
        </ButtonLink>
      );
    case 'run':
      return (
        <ButtonLink
          size="small"
          to="/publish/$commit"
          params={{ commit: need.subject }}
          data-actions
        >
          {t('seeRun')}
        </ButtonLink>
      );
    default:
      return (
        <ButtonLink
          size="small"
          to="/p/$domain/$product"
          params={productOf(need.subject)}
          search={{ tab: 'quality', port: lastPart(need.subject) }}
          data-actions
        >
          {t('open')}
        </ButtonLink>
      );
  }
}
