import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { type AccessRequest, decide, exportedPatch, type Verb } from '@/api/requests';
import { PolicySays } from '@/features/requests/policy-says';
import { StateLine } from '@/features/requests/state-line';
import { states } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { announce } from '@/ui/announce';
import { Badge } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { cx } from '@/ui/cx';
import { DateTime } from '@/ui/date-time';
import { Link } from '@/ui/link';
import { ProblemView } from '@/ui/states/problem-view';
import { useStale } from '@/ui/states/stale';
import { showToast } from '@/ui/toast';
import { plainName } from '@/words/principals';

export interface RequestCardProps {
  request: AccessRequest;
  isOwn: boolean;
  isFocus: boolean;
  /** Decisions that want a note, fewer columns or a date go through a dialog. */
  onDecide: (verb: Verb) => void;
}

/** One request: who asks for what, what policy says, what was decided, and what this person can do about it. */
export function RequestCard({ request, isOwn, isFocus, onDecide }: RequestCardProps) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isFocus) card.current?.scrollIntoView({ block: 'center' });
  }, [isFocus]);
  const state = states[request.state] ?? { word: request.state, tone: 'neutral' as const };
  const waits = request.can.includes('approve');
  return (
    <article
      ref={card}
      data-card
      aria-label={`${request.id}: ${t('asksFor', request.port, request.columns)}`}
      className={cx(
        'rounded-lg border bg-surface px-4 py-3.5 shadow-low',
        isFocus ? 'border-accent' : 'border-line',
      )}
    >
      <header className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h2 className="min-w-0 flex-1 basis-72 text-lg font-semibold">
          {isOwn ? null : <>{plainName(request.asker)} · </>}
          <Target request={request} />
        </h2>
        <span className="text-sm text-ink-faint">
          {request.id} · <DateTime at={request.at} look="ago" />
        </span>
        <Badge tone={state.tone}>{state.word}</Badge>
      </header>
      <Terms request={request} />
      {request.note ? (
        <blockquote className="mt-2 border-l-2 border-line pl-3 text-ink-soft">
          {request.note}
        </blockquote>
      ) : null}
      {waits ? <PolicySays request={request} /> : null}
      <StateLine request={request} isOwn={isOwn} />
      <Actions request={request} isOwn={isOwn} onDecide={onDecide} />
    </article>
  );
}

function Target({ request }: { request: AccessRequest }) {
  const [domain = '', product = '', port = ''] = request.port.split('.');
  return (
    <>
      <Link
        look="plain"
        to="/p/$domain/$product"
        params={{ domain, product }}
        search={{ tab: 'access', port }}
      >
        {request.port}
      </Link>
      {': '}
      {request.columns.length > 0 ? request.columns.join(', ') : t('wholePort')}
    </>
  );
}

function Terms({ request }: { request: AccessRequest }) {
  const terms: [name: string, value: React.ReactNode][] = [];
  if (request.purpose) terms.push([t('purpose'), <Code key="p">{request.purpose}</Code>]);
  terms.push([
    t('until'),
    <DateTime key="u" at={request.grant?.until ?? request.until} look="day" />,
  ]);
  if (request.role) terms.push([t('role'), request.role]);
  if (request.extends) terms.push([t('extends'), request.extends]);
  return (
    <dl className="mt-1 flex flex-wrap gap-x-5 gap-y-0.5">
      {terms.map(([name, value]) => (
        <div key={name} className="flex gap-1.5">
          <dt className="text-ink-faint">{name}</dt>
          <dd className="text-ink-soft">{value}</dd>
        </div>
      ))}
      {request.breakGlass ? (
        <div>
          <dt className="sr-only">{t('note')}</dt>
          <dd>
            <Badge tone="bad">{t('emergency')}</Badge>
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

function Actions({ request, isOwn, onDecide }: Omit<RequestCardProps, 'isFocus'>) {
  const client = useQueryClient();
  const isStale = useStale();
  const approving = useMutation({
    mutationFn: () => decide(request.id, 'approve', { note: '' }),
    onSuccess: (decided) => announce(t('done', decided.id, decided.state)),
    onSettled: () => client.invalidateQueries({ queryKey: ['requests'] }),
  });
  const exporting = useMutation({
    mutationFn: async () => navigator.clipboard.writeText(await exportedPatch(request.id)),
    onSuccess: () => showToast({ tone: 'good', title: t('exported') }),
  });
  const can = new Set(request.can);
  const isGranted = request.state === 'approved';
  if (can.size === 0) return null;
  const open = (verb: Verb, word: string, kind: 'secondary' | 'quiet' = 'secondary') =>
    can.has(verb) ? (
      <Button size="small" kind={kind} isDisabled={isStale} onPress={() => onDecide(verb)}>
        {word}
      </Button>
    ) : null;
  return (
    <>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        {can.has('approve') ? (
          <>
            <Button
              size="small"
              kind="primary"
              isDisabled={isStale || approving.isPending}
              onPress={() => approving.mutate()}
            >
              {t('approve')}
            </Button>
            {open('approve', t('narrower'))}
          </>
        ) : null}
        {open('decline', t('decline'))}
        {isOwn && isGranted ? (
          <ButtonLink
            size="small"
            kind="primary"
            to="/sql"
            search={{
              port: request.port,
              ...(request.purpose ? { purpose: request.purpose } : {}),
            }}
          >
            {t('query')}
          </ButtonLink>
        ) : null}
        {open('extend', t('extend'))}
        {open('revoke', t('revoke'))}
        {can.has('export') ? (
          <Button size="small" kind="quiet" onPress={() => exporting.mutate()}>
            {t('exportPatch')}
          </Button>
        ) : null}
        {open('withdraw', t(isGranted ? 'giveUp' : 'withdraw'), 'quiet')}
      </div>
      {approving.isError || exporting.isError ? (
        <div className="mt-3">
          <ProblemView
            small
            error={approving.error ?? exporting.error}
            wasChange={approving.isError}
          />
        </div>
      ) : null}
    </>
  );
}
