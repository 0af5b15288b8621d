import { CircleSlash, EyeOff, Filter } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Run } from '@/features/sql/runs';
import { t } from '@/features/sql/words';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';

/** On which terms each port was read. */
export function PolicyView({ run }: { run: Run | null }) {
  if (!run?.answer) return <Empty why="none" small title={t('policyNeeds')} />;
  const { terms } = run.answer;
  if (terms.length === 0) {
    return <Empty why="none" small title={t('policyNone')} detail={t('policyNoneDetail')} />;
  }
  return (
    <div className="flex flex-col gap-4 p-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="flex-1 text-sm text-ink-soft">{t('policyLead')}</p>
        {run.explainId ? (
          <ButtonLink size="small" to="/access/explain" search={{ id: run.explainId }}>
            {t('why')}
          </ButtonLink>
        ) : null}
      </div>
      {terms.map(({ port, masks, hidden, filters }) => (
        <Card key={port} level={3} title={<Code>{port}</Code>}>
          <div className="grid gap-4 lg:grid-cols-3">
            <Part icon={<EyeOff aria-hidden className="size-4" />} title={t('policyMasks')}>
              {Object.entries(masks).map(([column, how]) => (
                <li key={column} className="flex flex-wrap items-center gap-x-2">
                  <Code>{column}</Code>
                  <span className="text-ink-soft">{how}</span>
                  <WhyColumn port={port} column={column} purpose={run.asked.purpose} />
                </li>
              ))}
            </Part>
            <Part icon={<CircleSlash aria-hidden className="size-4" />} title={t('policyHidden')}>
              {hidden.map((column) => (
                <li key={column} className="flex flex-wrap items-center gap-x-2">
                  <Code>{column}</Code>
                  <WhyColumn port={port} column={column} purpose={run.asked.purpose} />
                </li>
              ))}
            </Part>
            <Part icon={<Filter aria-hidden className="size-4" />} title={t('policyFilters')}>
              {filters.map((rule) => (
                <li key={rule}>
                  <Code>{rule}</Code>
                </li>
              ))}
            </Part>
          </div>
        </Card>
      ))}
    </div>
  );
}

function Part({
  icon,
  title,
  children,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode[];
}) {
  if (children.length === 0) return null;
  return (
    <section>
      <h4 className="mb-1 flex items-center gap-1.5 text-sm font-medium text-ink-soft">
        {icon}
        {title}
      </h4>
      <ul className="flex flex-col gap-1">{children}</ul>
    </section>
  );
}

function WhyColumn({ port, column, purpose }: { port: string; column: string; purpose: string }) {
  return (
    <Link
      to="/access/explain"
      search={{ what: port, col: column, purpose: purpose || undefined }}
      aria-label={`${t('why')} ${column}`}
    >
      {t('why')}
    </Link>
  );
}
