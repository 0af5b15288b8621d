import { placeOf, type Roster, type RuleLine } from '@/api/access';
import { pathInWords } from '@/features/roster/paths';
import { t } from '@/features/roster/words';
import { Badge, Status, type Tone } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { Link } from '@/ui/link';
import { Table } from '@/ui/table';

export type Group = Roster['groups'][number];

const rowWords: Record<string, string> = {
  all: t('allRows'),
  some: t('someRows'),
  none: t('noRows'),
};

/** The principals that see it alike, by the same rules. */
export function GroupCard({ roster, group }: { roster: Roster; group: Group }) {
  const { heading, tone } = howSeen(roster, group);
  const subjects = [
    ...new Set(group.members.flatMap((member) => member.paths.map((path) => path.subject))),
  ].join(', ');
  return (
    <Card
      flush
      title={
        <Status tone={tone}>
          {heading}
          {subjects ? <span className="font-normal text-ink-soft"> · {subjects}</span> : null}
        </Status>
      }
    >
      <div className="flex flex-col gap-1 px-4 pb-2.5 text-sm text-ink-soft">
        <p className="flex flex-wrap items-center gap-x-2">
          {t('principals', group.members.length)}
          <Badge tone={group.rows === 'some' ? 'masked' : 'neutral'}>
            {rowWords[group.rows] ?? group.rows}
          </Badge>
        </p>
        <Lines
          name={t('because')}
          lines={group.because}
          none={group.rows === 'none' ? t('nothingAllows') : null}
        />
        <Lines name={t('filters')} lines={group.filters} none={null} />
        {roster.column ? null : <ColumnsByView group={group} />}
      </div>
      {subjects === '' ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 px-4 pb-3">
          {group.members.map((member) => (
            <li key={member.name}>
              <WhyLink roster={roster} name={member.name}>
                {member.name}
              </WhyLink>
            </li>
          ))}
        </ul>
      ) : (
        <Members roster={roster} group={group} label={t('members', `${heading}, ${subjects}`)} />
      )}
    </Card>
  );
}

function WhyLink({
  roster,
  name,
  children,
}: {
  roster: Roster;
  name: string;
  children: React.ReactNode;
}) {
  return (
    <Link
      data-why
      aria-label={`${t('why')} ${name}`}
      to="/access/explain"
      search={{
        who: name,
        what: roster.port,
        ...(roster.column ? { col: roster.column } : {}),
        ...(roster.purpose ? { purpose: roster.purpose } : {}),
      }}
    >
      {children}
    </Link>
  );
}

function Members({ roster, group, label }: { roster: Roster; group: Group; label: string }) {
  return (
    <Table
      dense
      label={label}
      rows={group.members}
      rowKey={(member) => member.name}
      columns={[
        {
          id: 'name',
          title: t('member'),
          isRowHeader: true,
          cell: (member) => <span className="font-medium">{member.name}</span>,
        },
        { id: 'kind', title: t('kind'), cell: (member) => member.kind, from: 'sm' },
        {
          id: 'path',
          title: t('path'),
          cell: (member) => (
            <ul>
              {member.paths.map((path, at) => (
                <li key={at} className="text-sm text-ink-soft">
                  <Code className="break-words">{pathInWords(path)}</Code>
                </li>
              ))}
            </ul>
          ),
        },
        {
          id: 'why',
          title: <span className="sr-only">{t('why')}</span>,
          align: 'right',
          cell: (member) => (
            <WhyLink roster={roster} name={member.name}>
              {t('why')}
            </WhyLink>
          ),
        },
      ]}
    />
  );
}

function Lines({
  name,
  lines,
  none,
}: {
  name: string;
  lines: readonly RuleLine[];
  none: string | null;
}) {
  if (lines.length === 0) return none ? <p>{none}</p> : null;
  return (
    <div className="flex flex-wrap gap-x-2">
      <span>{name}</span>
      <ul className="min-w-0 flex-1 basis-60">
        {lines.map((line, at) => (
          <li key={at} className="break-words">
            <Code>{line.text}</Code>{' '}
            <span className="break-all text-ink-faint">{placeOf(line)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ColumnsByView({ group }: { group: Group }) {
  const names = (sees: string) =>
    group.columns.filter((column) => column.sees === sees).map((column) => column.name);
  const rows: [word: string, names: string[]][] = [
    [t('inClear'), names('clear')],
    [t('masked'), names('masked')],
    [t('hidden'), names('hidden')],
  ];
  return rows.map(([word, some]) =>
    some.length === 0 ? null : (
      <p key={word} className="break-words">
        {word} <Code>{some.join(', ')}</Code>
      </p>
    ),
  );
}

/** One heading for a group: how it sees the column that was asked about, or how many of all. */
export function howSeen(roster: Roster, group: Group): { heading: string; tone: Tone } {
  const count = (sees: string) => group.columns.filter((column) => column.sees === sees).length;
  const all = group.columns.length;
  const what = roster.column ?? t('theColumns', all);
  if (group.rows === 'none' || count('denied') === all) {
    return { heading: t('seesDenied'), tone: 'bad' };
  }
  if (count('clear') === all) return { heading: t('seesClear', what), tone: 'good' };
  if (count('hidden') === all) return { heading: t('seesHidden', what), tone: 'hidden' };
  if (count('masked') === all) {
    const masks = [...new Set(group.columns.map((column) => column.masks).filter(Boolean))];
    return { heading: t('seesMasked', what, masks.join(', ')), tone: 'masked' };
  }
  return {
    heading: t('seesMixed', count('clear'), count('masked'), count('hidden')),
    tone: 'masked',
  };
}

const order: Record<string, number> = { good: 0, masked: 1, hidden: 2, bad: 3 };

/** Those who see most first. */
export function inOrder(roster: Roster): Group[] {
  const rank = (group: Group) => order[howSeen(roster, group).tone] ?? 4;
  return [...roster.groups].sort((a, b) => rank(a) - rank(b));
}
