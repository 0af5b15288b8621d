import { queryOptions } from '@tanstack/react-query';
import { fetchRaw } from '@/api/client';
import { t } from '@/features/sql/words';
import { CodeBlock } from '@/ui/code-block';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';

export interface PlanAsked {
  sql: string;
  purpose: string;
  asOf: string;
}

/** The kinds of plan that EXPLAIN answers, each with its text. */
function planQuery({ sql, purpose, asOf }: PlanAsked) {
  return queryOptions({
    queryKey: ['sql', 'plan', sql, purpose, asOf],
    staleTime: 30_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const answer = await fetchRaw('/api/v1/sql', {
        method: 'POST',
        signal,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({
          sql: /^\s*explain\b/i.test(sql) ? sql : `EXPLAIN ${sql}`,
          ...(purpose === '' ? {} : { purpose }),
          ...(asOf === '' ? {} : { asOf }),
        }),
      });
      const { rows } = (await answer.json()) as { rows: unknown[][] };
      return rows.map(([kind, plan]) => ({ kind: String(kind), plan: String(plan) }));
    },
  });
}

/** What the engine would do with the statement as it stands in the editor. */
export function PlanView(asked: PlanAsked) {
  if (asked.sql.trim() === '') return <Empty why="none" small title={t('planNeeds')} />;
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="max-w-prose text-sm text-ink-soft">{t('planLead')}</p>
      <Loaded query={planQuery(asked)} what={t('planWhat')} small>
        {(plans) =>
          plans.map(({ kind, plan }) => (
            <CodeBlock key={kind} label={kind.replaceAll('_', ' ')} code={plan} />
          ))
        }
      </Loaded>
    </div>
  );
}
