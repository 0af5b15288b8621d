import type { ReactNode } from 'react';
import type { Explanation } from '@/api/access';
import { t } from '@/features/explain/words';
import { ButtonLink } from '@/ui/button';

/** The least that would show all of what was asked about, with the button that begins it. */
export function SmallestChange({ answer, isOwn }: { answer: Explanation; isOwn: boolean }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-medium text-ink-soft">{t('change')}</h3>
      <ChangeBody answer={answer} isOwn={isOwn} />
    </section>
  );
}

function ChangeBody({ answer, isOwn }: { answer: Explanation; isOwn: boolean }): ReactNode {
  const { change, port, column } = answer;
  if (!change) {
    const all = answer.sees === 'clear' || (answer.sees === 'readable' && !answer.hidesRows);
    return <p className="text-ink-soft">{t(all ? 'changeNone' : 'changeUnknown')}</p>;
  }
  if (change.kind === 'rule') {
    return (
      <>
        <p>{t('changeRule')}</p>
        <p className="mt-1 font-mono text-sm break-words text-ink-soft">{change.text}</p>
      </>
    );
  }
  if (change.kind === 'purpose') {
    const { purpose } = change;
    return (
      <>
        <p>{t('changePurpose', purpose)}</p>
        <p className="mt-0.5 text-ink-soft">{t('changePurposeDetail')}</p>
        <div className="mt-2 flex flex-wrap gap-2">
          <ButtonLink
            size="small"
            to="/access/explain"
            search={(now) => ({ ...now, what: port, purpose, id: undefined })}
          >
            {t('tryPurpose')}
          </ButtonLink>
          {isOwn ? (
            <ButtonLink size="small" kind="primary" to="/sql" search={{ port, purpose }}>
              {t('queryPurpose')}
            </ButtonLink>
          ) : null}
        </div>
      </>
    );
  }
  const { request } = change;
  const columns = request.columns ?? [];
  const what = columns.length > 0 ? `${request.port}: ${columns.join(', ')}` : (column ?? port);
  return (
    <>
      <p>{t('changeRequest', what)}</p>
      {isOwn ? (
        <>
          <p className="mt-0.5 text-ink-soft">{t('changeRequestDetail')}</p>
          <div className="mt-2">
            <ButtonLink
              size="small"
              kind="primary"
              to="/requests"
              search={{
                new: request.port,
                ...(columns.length > 0 ? { columns: columns.join(',') } : {}),
                ...(request.purpose ? { purpose: request.purpose } : {}),
              }}
            >
              {t('request')}
            </ButtonLink>
          </div>
        </>
      ) : null}
    </>
  );
}
