import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { AccessRequest } from '@/api/requests';
import { probeQuery } from '@/features/requests/probe';
import { states } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { Status, type Tone } from '@/ui/badge';
import { Button } from '@/ui/button';
import { DateTime } from '@/ui/date-time';
import { plainName } from '@/words/principals';

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** Requested → approved → enforced: what became of a request, each step with who and when. */
export function StateLine({ request, isOwn }: { request: AccessRequest; isOwn: boolean }) {
  const waits = request.waitsFor && request.waitsFor.length > 0 ? request.waitsFor : null;
  return (
    <ol
      aria-label={t('historyOf', request.id)}
      className="mt-3 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm"
    >
      <Step first tone="neutral">
        {t('stateRequested')} <DateTime at={request.at} />
      </Step>
      {request.decisions.map((decision, at) => {
        const known = states[decision.what];
        return (
          <Step key={at} tone={known?.tone ?? 'neutral'}>
            {known?.word ?? decision.what} <DateTime at={decision.at} />{' '}
            <span className="text-ink-soft">
              {/^\S+:\d+: /.test(decision.by)
                ? `${t('byRule')} ${decision.by}`
                : t('by', plainName(decision.by))}
              {decision.note ? ` “${decision.note}”` : ''}
            </span>
          </Step>
        );
      })}
      {waits && request.state === 'requested' ? (
        <Step tone="waiting">{t('waitsFor', waits)}</Step>
      ) : null}
      {request.state === 'expired' ? (
        <Step tone="neutral">
          {t('stateExpired')} <DateTime at={request.grant?.until ?? request.until} />
        </Step>
      ) : null}
      {request.state === 'approved' && request.grant && isOwn ? (
        <Enforced request={request} />
      ) : null}
    </ol>
  );
}

/** Approved is not the end: it is only told as enforced once the engine has shown it. */
function Enforced({ request }: { request: AccessRequest }) {
  const probe = useQuery(probeQuery(request));
  const since = new Date(request.grant?.since ?? request.at);
  if (probe.isPending || probe.isFetching) return <Step tone="waiting">{t('checking')}</Step>;
  if (probe.data?.holds) {
    return (
      <Step tone="good">
        {t('enforced', clock.format(since))} <span className="text-ink-soft">{t('checked')}</span>
      </Step>
    );
  }
  return (
    <Step tone="warn">
      {t('notEnforced')}{' '}
      <Button size="small" kind="quiet" onPress={() => void probe.refetch()}>
        {t('checkAgain')}
      </Button>
    </Step>
  );
}

function Step({ tone, first, children }: { tone: Tone; first?: boolean; children: ReactNode }) {
  return (
    <li className="inline-flex items-center gap-2">
      {first ? null : (
        <span aria-hidden className="text-ink-faint">
          →
        </span>
      )}
      <Status tone={tone}>{children}</Status>
    </li>
  );
}
