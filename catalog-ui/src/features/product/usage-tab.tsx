import { PortChoice, type PortTabProps } from '@/features/product/port-choice';
import { type UsageAnswer, usageQuery } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { Bars } from '@/ui/bars';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Table } from '@/ui/table';
import { counted, formatNumber } from '@/words/define';

const daysShown = 90;

/** How often a port is read and which of its columns: of everyone for who answers for it, else the person's own. */
export function UsageTab(choice: PortTabProps) {
  return (
    <PortChoice {...choice}>
      {(port) => (
        <Loaded query={usageQuery(port.name)} what={t('usage')}>
          {(usage) => <Usage usage={usage} />}
        </Loaded>
      )}
    </PortChoice>
  );
}

/** The last ninety days up to `today`, each with its count; days without queries too. */
export function everyDay(
  days: UsageAnswer['days'],
  today: Date,
): { day: string; queries: number }[] {
  const counts = new Map(days.map((day) => [day.day, day.queries]));
  return Array.from({ length: daysShown }, (_, at) => {
    const day = new Date(today.getTime() - (daysShown - 1 - at) * 86_400_000)
      .toISOString()
      .slice(0, 10);
    return { day, queries: counts.get(day) ?? 0 };
  });
}

function Usage({ usage }: { usage: UsageAnswer }) {
  if (usage.days.length === 0) {
    return <Empty why="none" title={t(usage.byEveryone ? 'usageNone' : 'usageNoneOwn')} />;
  }
  const total = usage.days.reduce((sum, day) => sum + day.queries, 0);
  const days = everyDay(usage.days, new Date());
  const columns = [...usage.columns].sort((a, b) => b.queries - a.queries);
  return (
    <div className="flex flex-col gap-5">
      <Card title={t('queries')} aside={t('usageTotal', total, usage.days.length)}>
        <p className="mb-3 text-ink-soft">{t(usage.byEveryone ? 'usageEveryone' : 'usageOwn')}</p>
        <Bars
          label={t('usageTotal', total, usage.days.length)}
          values={days.map((day) => day.queries)}
          titles={days.map((day) => `${day.day}: ${counted(day.queries, 'query', 'queries')}`)}
          height={80}
        />
        <p aria-hidden className="mt-1 flex justify-between text-xs text-ink-faint">
          <span>{days[0]?.day}</span>
          <span>{days.at(-1)?.day}</span>
        </p>
      </Card>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(min(22rem,100%),1fr))] items-start gap-5">
        <Card title={t('columnsRead')} flush>
          <Table
            label={t('columnsRead')}
            rows={columns}
            rowKey={(column) => column.name}
            dense
            className="border-t border-line"
            columns={[
              {
                id: 'name',
                title: t('column'),
                isRowHeader: true,
                cell: (column) => <Code>{column.name}</Code>,
              },
              {
                id: 'queries',
                title: t('queries'),
                align: 'right',
                cell: (column) => formatNumber(column.queries),
              },
              {
                id: 'last',
                title: t('lastRead'),
                from: 'sm',
                cell: (column) => <DateTime at={column.lastAt} look="ago" />,
              },
            ]}
          />
        </Card>
        <Card title={t('usageDays')} flush>
          <Table
            label={t('usageDays')}
            rows={[...usage.days].reverse()}
            rowKey={(day) => day.day}
            dense
            className="max-h-96 overflow-y-auto border-t border-line"
            columns={[
              { id: 'day', title: t('day'), isRowHeader: true, cell: (day) => day.day },
              {
                id: 'queries',
                title: t('queries'),
                align: 'right',
                cell: (day) => formatNumber(day.queries),
              },
              {
                id: 'people',
                title: t('people'),
                align: 'right',
                cell: (day) => formatNumber(day.principals),
              },
            ]}
          />
        </Card>
      </div>
    </div>
  );
}
