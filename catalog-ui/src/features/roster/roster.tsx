import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { type Roster as RosterAnswer, rosterQuery } from '@/api/access';
import { portNamesQuery, productOfPortQuery } from '@/api/ports';
import { rosterCsv } from '@/features/roster/csv';
import { GroupCard, inOrder } from '@/features/roster/group-card';
import { saveText } from '@/features/roster/save';
import { t } from '@/features/roster/words';
import { announce } from '@/ui/announce';
import { Button } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { ComboBox } from '@/ui/combo-box';
import { DateTime } from '@/ui/date-time';
import { Select } from '@/ui/select';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonCards } from '@/ui/states/skeleton';

export interface RosterProps {
  what?: string;
  col?: string;
  at?: string;
}

/** Everyone who sees a port or one of its columns, and through which path. */
export function Roster(asked: RosterProps) {
  const { what, col, at } = asked;
  return (
    <div className="flex flex-col gap-5">
      <Question asked={asked} />
      {what ? (
        <Loaded
          query={rosterQuery({ port: what, column: col ?? null, at: at ?? null })}
          what={t('roster')}
          skeleton={<SkeletonCards cards={3} />}
        >
          {(roster) => <Listed roster={roster} />}
        </Loaded>
      ) : (
        <Empty why="none" title={t('choose')} detail={t('chooseDetail')} />
      )}
    </div>
  );
}

const all = '-';

function Question({ asked }: { asked: RosterProps }) {
  const navigate = useNavigate();
  const ports = useQuery(portNamesQuery);
  const product = useQuery(productOfPortQuery(asked.what));
  const names = [...new Set([...(ports.data ?? []), asked.what])].filter(
    (name) => name !== undefined,
  );
  const columns = product.data?.ports.find((port) => port.name === asked.what)?.columns ?? [];
  const known = [...new Set([...columns.map(({ name }) => name), asked.col])].filter(
    (name) => name !== undefined,
  );
  const go = (search: RosterProps) => void navigate({ to: '/access/roster', search });
  return (
    <div className="grid gap-4 rounded-lg border border-line bg-surface px-4 py-3.5 shadow-low sm:grid-cols-2">
      <ComboBox
        key={`ports ${names.length} ${asked.what}`}
        mono
        label={t('what')}
        placeholder="domain.product.port"
        options={names.map((name) => ({ id: name, label: name }))}
        value={asked.what ?? null}
        onChange={(what) => what && what !== asked.what && go({ what })}
      />
      <Select
        label={t('column')}
        options={[
          { id: all, label: t('allColumns') },
          ...known.map((name) => ({ id: name, label: name })),
        ]}
        value={asked.col ?? all}
        onChange={(col) => go({ what: asked.what, ...(col === all ? {} : { col }) })}
        isDisabled={!asked.what}
      />
    </div>
  );
}

function Listed({ roster }: { roster: RosterAnswer }) {
  if (roster.groups.length === 0) return <Empty why="none" title={t('nobody')} />;
  const members = roster.groups.reduce((sum, group) => sum + group.members.length, 0);
  const clear = roster.groups
    .filter((group) => group.rows === 'all' && group.columns.every(({ sees }) => sees === 'clear'))
    .reduce((sum, group) => sum + group.members.length, 0);
  const save = () => {
    const name = `${[roster.port, roster.column].filter(Boolean).join('.')}.roster.csv`;
    saveText(name, 'text/csv;charset=utf-8', rosterCsv(roster));
    announce(t('exported', name));
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-64 text-lg">{t('summary', clear, members)}</p>
        <span className="text-sm text-ink-soft">
          {t('under')} <Code>{roster.policyRevision.slice(0, 7)}</Code> {t('at')}{' '}
          <DateTime at={roster.at} />
        </span>
        <Button size="small" onPress={save}>
          <Download aria-hidden className="size-3.5" />
          {t('exportCsv')}
        </Button>
      </div>
      <div className="flex flex-col gap-4" data-list>
        {inOrder(roster).map((group, at) => (
          <GroupCard key={at} roster={roster} group={group} />
        ))}
      </div>
    </>
  );
}
