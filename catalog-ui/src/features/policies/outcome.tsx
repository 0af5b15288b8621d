import { placeOf, type RuleLine, type SimulatedChange } from '@/api/access';
import type { Planned, Worked } from '@/features/policies/queries';
import { t } from '@/features/policies/words';
import { Badge, Status, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Prose } from '@/ui/prose';
import { Table } from '@/ui/table';

type Word =
  | 'gains'
  | 'clears'
  | 'widens'
  | 'masks_otherwise'
  | 'differs'
  | 'narrows'
  | 'masks'
  | 'loses';

const looks: Record<string, { word: Word; tone: Tone; direction: 'gain' | 'lose' | 'other' }> = {
  gains: { word: 'gains', tone: 'added', direction: 'gain' },
  clears: { word: 'clears', tone: 'added', direction: 'gain' },
  widens: { word: 'widens', tone: 'added', direction: 'gain' },
  masks_otherwise: { word: 'masks_otherwise', tone: 'masked', direction: 'other' },
  differs: { word: 'differs', tone: 'warn', direction: 'other' },
  narrows: { word: 'narrows', tone: 'warn', direction: 'lose' },
  masks: { word: 'masks', tone: 'masked', direction: 'lose' },
  loses: { word: 'loses', tone: 'bad', direction: 'lose' },
};

/** How many principals gain and lose: by name where names are told, else the most that any one line counts. */
export function totals(changes: readonly SimulatedChange[]): { gain: number; lose: number } {
  const of = (direction: 'gain' | 'lose') => {
    const some = changes.filter((change) => looks[change.change]?.direction === direction);
    if (some.every((change) => change.people && change.services)) {
      const names = some.flatMap((change) => [
        ...(change.people ?? []),
        ...(change.services ?? []),
      ]);
      return new Set(names).size;
    }
    return Math.max(0, ...some.map((change) => change.peopleCount + change.servicesCount));
  };
  return { gain: of('gain'), lose: of('lose') };
}

/** What texts would come to: who gains and who loses, what is wrong in them, what would be done. */
export function Outcome({ worked }: { worked: Worked }) {
  const { changes, planned } = worked;
  const { gain, lose } = totals(changes);
  return (
    <>
      {planned ? <Problems planned={planned} /> : null}
      <Card
        flush
        title={t('result')}
        aside={
          <>
            {t('over')} <Code>{worked.revision.slice(0, 7)}</Code>
          </>
        }
      >
        <div role="status" className="flex flex-wrap gap-3 px-4 pb-2 text-lg font-medium">
          {changes.length === 0 ? (
            <Status tone="good">{t('noEffect')}</Status>
          ) : (
            <>
              <Status tone="added">{t('gain', gain)}</Status>
              <Status tone="removed">{t('lose', lose)}</Status>
            </>
          )}
        </div>
        {changes.length > 0 ? <Changes changes={changes} /> : null}
      </Card>
      {planned ? (
        <Steps planned={planned} />
      ) : (
        <p className="text-sm text-ink-soft">{t('cannotPlan')}</p>
      )}
    </>
  );
}

function Changes({ changes }: { changes: readonly SimulatedChange[] }) {
  return (
    <Table
      dense
      label={t('changes')}
      rows={changes}
      rowKey={(change) =>
        [change.port, change.change, change.columns, change.people, change.purposes].join(' ')
      }
      columns={[
        {
          id: 'change',
          title: t('change'),
          cell: (change) => {
            const look = looks[change.change];
            return (
              <Badge tone={look?.tone} className={look?.tone === 'removed' ? 'no-underline' : ''}>
                {look ? t(look.word) : change.change}
              </Badge>
            );
          },
        },
        {
          id: 'port',
          title: t('port'),
          isRowHeader: true,
          cell: (change) => (
            <>
              <Code className="break-words">{change.port}</Code>
              <span className="block text-sm break-words text-ink-soft">
                {[
                  change.columns.length > 0 ? change.columns.join(', ') : t('rowsOnly'),
                  change.masks ? t('maskedBy', change.masks) : '',
                  change.purposes.length > 0 ? t('forPurposes', change.purposes.join(', ')) : '',
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              <Because lines={change.because ?? []} />
            </>
          ),
        },
        {
          id: 'who',
          title: t('principals'),
          cell: (change) => <Who change={change} />,
        },
      ]}
    />
  );
}

function Because({ lines }: { lines: readonly RuleLine[] }) {
  if (lines.length === 0) return null;
  return (
    <span className="block text-sm text-ink-faint">
      {t('because')}{' '}
      {lines.map((line, at) => (
        <span key={at} title={line.text} className="break-all">
          {at > 0 ? ', ' : ''}
          {placeOf(line) ?? line.text}
        </span>
      ))}
    </span>
  );
}

function Who({ change }: { change: SimulatedChange }) {
  const counts = [
    change.peopleCount > 0 ? t('people', change.peopleCount) : '',
    change.servicesCount > 0 ? t('services', change.servicesCount) : '',
  ].filter(Boolean);
  const names = [...(change.people ?? []), ...(change.services ?? [])];
  return (
    <>
      <span className="block whitespace-nowrap">{counts.join(', ')}</span>
      {names.length > 0 ? (
        <span className="block text-sm text-ink-soft">{names.join(', ')}</span>
      ) : null}
    </>
  );
}

function Problems({ planned }: { planned: Planned }) {
  if (planned.diagnostics.length === 0) return null;
  return (
    <Card title={t('problems')}>
      {planned.refused ? (
        <p className="mb-2">
          <Status tone="bad">{t('refused')}</Status>
        </p>
      ) : null}
      <ul className="flex flex-col gap-2">
        {planned.diagnostics.map((one, at) => (
          <li key={at}>
            <p>
              <Status tone={one.severity === 'error' ? 'bad' : 'warn'}>
                <Link to="/docs/$" params={{ _splat: `errors/${one.code}` }}>
                  {one.code}
                </Link>
              </Status>{' '}
              <Prose text={one.message} />
            </p>
            <p className="pl-5 text-sm text-ink-soft">
              <Code className="break-all">{`${one.file}:${one.line}`}</Code>{' '}
              {one.help ? <Prose text={one.help} /> : null}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Steps({ planned }: { planned: Planned }) {
  return (
    <Card title={t('steps')}>
      {planned.steps.length === 0 ? (
        <p className="text-ink-soft">{t('noSteps')}</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {planned.steps.map((step) => (
            <li key={`${step.port} ${step.change}`}>
              {step.change} <Code>{step.port}</Code>{' '}
              <span className="text-ink-soft">{step.reason}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
