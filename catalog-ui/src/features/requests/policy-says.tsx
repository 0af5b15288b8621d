import { useQuery } from '@tanstack/react-query';
import { explainQuery, type Roster, rosterQuery } from '@/api/access';
import type { AccessRequest } from '@/api/requests';
import { dayOf } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { Link } from '@/ui/link';
import { SkeletonRows } from '@/ui/states/skeleton';
import { plainName } from '@/words/principals';

/** For whoever decides: how the asker sees it today, who sees it already, and what approving would change. */
export function PolicySays({ request }: { request: AccessRequest }) {
  const who = plainName(request.asker);
  const column = request.columns[0];
  const asked = { port: request.port, column: column ?? null, purpose: request.purpose ?? null };
  const explained = useQuery(explainQuery({ who, ...asked }));
  const roster = useQuery(rosterQuery(asked));
  if (explained.isPending && roster.isPending) return <SkeletonRows rows={2} />;
  const sentence = explained.data?.[0]?.sentence;
  const holders = roster.data ? inClear(roster.data) : null;
  return (
    <div className="mt-3 rounded-md bg-sunken px-3 py-2 text-ink-soft">
      {sentence ? (
        <p>
          <span className="font-medium text-ink">{t('today')}:</span> {sentence}{' '}
          <Link
            data-why
            to="/access/explain"
            search={{
              who,
              what: request.port,
              ...(column ? { col: column } : {}),
              ...(request.purpose ? { purpose: request.purpose } : {}),
            }}
          >
            {t('why')}
          </Link>
        </p>
      ) : null}
      <p>
        {t('effect', who, request.columns, dayOf(request.until))}{' '}
        {holders === null ? null : (
          <Link
            to="/access/roster"
            search={{ what: request.port, ...(column ? { col: column } : {}) }}
          >
            {t('holders', holders)}
          </Link>
        )}
      </p>
    </div>
  );
}

/** How many people see all that the roster asks about as it is. */
export function inClear(roster: Roster): number {
  const groups = roster.groups.filter(
    (group) =>
      group.rows !== 'none' &&
      group.columns.length > 0 &&
      group.columns.every((column) => column.sees === 'clear'),
  );
  return groups.reduce(
    (sum, group) => sum + group.members.filter((member) => member.kind === 'user').length,
    0,
  );
}
