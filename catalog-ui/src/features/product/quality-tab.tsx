import { PortChoice, type PortTabProps } from '@/features/product/port-choice';
import { type CheckAnswer, checksQuery, type PortAnswer } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { Status, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Code, CodeBlock } from '@/ui/code-block';
import { DateTime, formatDuration } from '@/ui/date-time';
import { GlossaryTerm } from '@/ui/glossary-term';
import { Prose } from '@/ui/prose';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';
import { type Column, Table } from '@/ui/table';
import { formatNumber } from '@/words/define';

const outcomes: Record<string, { tone: Tone; word: 'passed' | 'failed' | 'unknown' }> = {
  passed: { tone: 'good', word: 'passed' },
  failed: { tone: 'bad', word: 'failed' },
  unknown: { tone: 'waiting', word: 'unknown' },
};

function Outcome({ check }: { check: CheckAnswer }) {
  const look = outcomes[check.outcome] ?? { tone: 'waiting', word: 'unknown' };
  const warns = check.outcome === 'failed' && check.severity === 'warns';
  return <Status tone={warns ? 'warn' : look.tone}>{t(look.word)}</Status>;
}

const seconds = /(\d+(?:\.\d+)?) s$/;

/** Answers take parts of a second, rows grow old by days. */
function length(count: number) {
  const rounded = Math.round(count * 1000) / 1000;
  return Math.abs(count) < 60 ? `${formatNumber(rounded)} s` : formatDuration(count);
}

/** What was measured, in the unit of what it had to be. */
export function measured({
  measured: value,
  threshold: bound,
}: Pick<CheckAnswer, 'measured' | 'threshold'>) {
  if (value === null || value === undefined) return '–';
  if (bound && seconds.test(bound)) return length(value);
  return bound?.endsWith('%') ? `${formatNumber(value)} %` : formatNumber(value);
}

/** `must be below 3600 s` below a heading that says `Must be`: `below 1 h`. */
export function threshold(text: string | null | undefined) {
  if (!text) return '–';
  return text
    .replace(/^must be /, '')
    .replace(seconds, (_, count: string) => length(Number(count)));
}

const columns: readonly Column<CheckAnswer>[] = [
  {
    id: 'check',
    title: t('check'),
    isRowHeader: true,
    cell: (check) => (
      <span className="block">
        <span className="font-medium wrap-anywhere">{check.name}</span>
        {check.message ? (
          <span className="block max-w-prose text-sm text-ink-soft">
            <Prose text={check.message} />
          </span>
        ) : null}
      </span>
    ),
  },
  {
    id: 'column',
    title: t('column'),
    from: 'sm',
    cell: (check) =>
      check.column ? (
        <Code>{check.column}</Code>
      ) : (
        <span className="text-ink-faint">{t('wholeTable')}</span>
      ),
  },
  { id: 'result', title: t('result'), cell: (check) => <Outcome check={check} /> },
  {
    id: 'measured',
    title: t('measured'),
    align: 'right',
    from: 'md',
    cell: (check) => measured(check),
  },
  {
    id: 'threshold',
    title: t('threshold'),
    from: 'md',
    cell: (check) => threshold(check.threshold),
  },
  {
    id: 'severity',
    title: t('severity'),
    from: 'lg',
    cell: (check) =>
      check.severity === 'blocks' ? t('blocks') : check.severity === 'warns' ? t('warns') : '–',
  },
  {
    id: 'at',
    title: t('when'),
    from: 'lg',
    cell: (check) => <DateTime at={check.at} look="ago" />,
  },
];

/** What was checked before the release, and what the clock measures since. */
export function QualityTab(choice: PortTabProps) {
  return <PortChoice {...choice}>{(port) => <Quality key={port.name} port={port} />}</PortChoice>;
}

function Quality({ port }: { port: PortAnswer }) {
  return (
    <Loaded query={checksQuery(port.name)} what={t('checks')} skeleton={<SkeletonRows rows={8} />}>
      {(items) => {
        const clocked = items.filter((check) => !check.run);
        const made = items.filter((check) => check.run);
        return (
          <div className="flex flex-col gap-5">
            {clocked.length > 0 ? (
              <Card
                title={<GlossaryTerm term="freshness">{t('serviceLevels')}</GlossaryTerm>}
                flush
              >
                <Checks label={t('serviceLevels')} checks={clocked} />
              </Card>
            ) : null}
            <Card title={<GlossaryTerm term="check">{t('checks')}</GlossaryTerm>} flush>
              <Checks label={t('checks')} checks={made} />
            </Card>
            {made
              .filter((check) => check.sample && check.sample.length > 0)
              .map((check) => (
                <CodeBlock
                  key={`${check.name} ${check.column}`}
                  label={`${t('failingSample')}: ${check.name}`}
                  code={(check.sample ?? []).map((row) => JSON.stringify(row)).join('\n')}
                />
              ))}
          </div>
        );
      }}
    </Loaded>
  );
}

function Checks({ label, checks }: { label: string; checks: readonly CheckAnswer[] }) {
  return (
    <Table
      label={label}
      columns={columns}
      rows={checks}
      rowKey={(check) => `${check.name} ${check.column ?? ''} ${check.at}`}
      empty={<Empty why="none" title={t('noChecks')} detail={t('noChecksDetail')} small />}
      className="border-t border-line"
    />
  );
}
