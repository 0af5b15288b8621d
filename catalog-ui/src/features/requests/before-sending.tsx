import { type Explanation, explainQuery } from '@/api/access';
import type { Contract } from '@/api/ports';
import type { NewRequest } from '@/api/requests';
import { t } from '@/features/requests/words';
import { Card } from '@/ui/card';
import { Link } from '@/ui/link';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';

/** What a person should know before they send: who decides, and what policy says today. */
export function BeforeSending({ wanted, contract }: { wanted: NewRequest; contract: Contract }) {
  const role = contract.roles.find(({ name }) => name === wanted.role) ?? contract.roles[0];
  const levels = role?.approvers ?? [];
  const columns: (string | null)[] =
    wanted.columns && wanted.columns.length > 0 ? wanted.columns.slice(0, 6) : [null];
  return (
    <Card title={t('before')} className="lg:sticky lg:top-20">
      <dl className="flex flex-col gap-4">
        <div>
          <dt className="text-sm text-ink-soft">{t('decides')}</dt>
          <dd className="font-medium">
            {role === undefined
              ? t('noRoles')
              : levels.length > 1
                ? t('decidesTwice', levels)
                : (levels[0] ?? t('decidesUnknown'))}
          </dd>
        </div>
        <div>
          <dt className="text-sm text-ink-soft">{t('policyFor')}</dt>
          <dd className="mt-1 flex flex-col gap-3">
            {columns.map((column) => (
              <Says
                key={column ?? ''}
                port={wanted.port}
                column={column}
                purpose={wanted.purpose ?? null}
              />
            ))}
          </dd>
        </div>
      </dl>
    </Card>
  );
}

interface SaysProps {
  port: string;
  column: string | null;
  purpose: string | null;
}

function Says({ port, column, purpose }: SaysProps) {
  return (
    <Loaded
      small
      query={explainQuery({ port, column, purpose })}
      what={t('thePolicy')}
      skeleton={<SkeletonRows rows={2} />}
    >
      {([answer]) =>
        answer ? (
          <div>
            <p>{answer.sentence}</p>
            <p className="text-ink-soft">
              {changeInWords(answer)}{' '}
              <Link
                to="/access/explain"
                search={{
                  what: port,
                  ...(column ? { col: column } : {}),
                  ...(purpose ? { purpose } : {}),
                }}
              >
                {t('why')}
              </Link>
            </p>
          </div>
        ) : null
      }
    </Loaded>
  );
}

/** The smallest change that would show it, as far as it speaks of sending this request. */
export function changeInWords(answer: Explanation): string {
  const { change } = answer;
  if (!change) {
    return answer.sees === 'clear' || (answer.sees === 'readable' && !answer.hidesRows)
      ? t('seesAlready')
      : '';
  }
  switch (change.kind) {
    case 'purpose':
      return t('purposeAlone', change.purpose);
    case 'rule':
      return t('ruleStands', change.text);
    default:
      return t('needRequest');
  }
}
