import { lazy, Suspense, useMemo, useState } from 'react';
import type { Answer } from '@/features/sql/answer';
import { type ChartChoice, firstChoice, pointsOf, upright } from '@/features/sql/chart-data';
import { t } from '@/features/sql/words';
import { RadioGroup } from '@/ui/radio-group';
import { Select } from '@/ui/select';
import { Empty } from '@/ui/states/empty';
import { Loading } from '@/ui/states/loading';
import { Table } from '@/ui/table';

const Plot = lazy(() => import('@/features/sql/plot').then((m) => ({ default: m.Plot })));
const tableMax = 200;

/** A column against another, as bars or a line, with the same as a table behind it. */
export function ChartView({ answer, rows }: { answer: Answer; rows: number }) {
  const [choice, setChoice] = useState<ChartChoice | null>(() => firstChoice(answer));
  const points = useMemo(
    () => (choice === null ? null : pointsOf(answer, rows, choice)),
    [answer, rows, choice],
  );
  if (choice === null || points === null) {
    return <Empty why="none" small title={t('chartNone')} detail={t('chartNoneDetail')} />;
  }
  const name = (at: number) => answer.columns[at]?.name ?? '';
  const all = answer.columns.map(({ name: label }, at) => ({ id: String(at), label }));
  const numbers = upright(answer);
  const label = t('chartLabel', name(choice.y), name(choice.x));
  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label={t('chartX')}
          size="small"
          className="w-44"
          options={all}
          value={String(choice.x)}
          onChange={(x) => setChoice({ ...choice, x: Number(x) })}
        />
        <Select
          label={t('chartY')}
          size="small"
          className="w-44"
          options={all.filter((_, at) => numbers.includes(at))}
          value={String(choice.y)}
          onChange={(y) => setChoice({ ...choice, y: Number(y) })}
        />
        <RadioGroup
          label={t('chartKind')}
          look="segments"
          value={choice.kind}
          onChange={(kind) => setChoice({ ...choice, kind })}
          options={[
            { id: 'bar', label: t('chartBar') },
            { id: 'line', label: t('chartLine') },
          ]}
        />
      </div>
      <Suspense fallback={<Loading what={t('chart')} />}>
        <Plot points={points} kind={choice.kind} label={label} name={name(choice.y)} />
      </Suspense>
      {points.cut ? (
        <p className="text-sm text-ink-soft">{t('chartFirst', points.values.length)}</p>
      ) : null}
      <details>
        <summary className="min-h-6 w-fit cursor-pointer text-sm text-ink-soft">
          {t('chartTable')}
        </summary>
        <Table
          label={label}
          dense
          className="mt-2 max-w-xl"
          rows={points.labels.slice(0, tableMax).map((text, at) => ({ text, at }))}
          rowKey={({ at }) => String(at)}
          columns={[
            { id: 'x', title: name(choice.x), isRowHeader: true, cell: ({ text }) => text },
            {
              id: 'y',
              title: name(choice.y),
              align: 'right',
              cell: ({ at }) => points.values[at] ?? t('isNull'),
            },
          ]}
        />
      </details>
    </div>
  );
}
