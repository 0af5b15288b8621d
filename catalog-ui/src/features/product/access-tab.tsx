import { useSession } from '@/app/session';
import { PortChoice, type PortTabProps } from '@/features/product/port-choice';
import { type ColumnAnswer, contractQuery, type PortAnswer } from '@/features/product/queries';
import { Sees } from '@/features/product/schema-grid';
import { isHeldBack, seenOf } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { Badge, Status } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { KeyValue } from '@/ui/key-value';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { useStale } from '@/ui/states/stale';
import { Table } from '@/ui/table';

/** What of a port the person sees, what is held back, and how to ask for it. */
export function AccessTab(choice: PortTabProps) {
  return <PortChoice {...choice}>{(port) => <Access port={port} />}</PortChoice>;
}

function Access({ port }: { port: PortAnswer }) {
  const { me } = useSession();
  const stale = useStale();
  const seen = seenOf(port.columns);
  const held = port.columns.filter(isHeldBack);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-5">
        <Card
          title={t('canIUse')}
          aside={
            <Link
              to="/access/explain"
              search={{ who: me.principal, what: port.name }}
              look="plain"
              data-why
            >
              {t('why')}
            </Link>
          }
        >
          <KeyValue
            rows={[
              [t('rowsLabel'), <Rows port={port} />],
              [
                t('columnsLabel'),
                <span className="flex flex-wrap items-center gap-2">
                  {seen.clear === seen.all
                    ? t('readAll', seen.all)
                    : t('readSome', seen.clear, seen.all)}
                  {seen.masked > 0 ? <Badge tone="masked">{t('masked', seen.masked)}</Badge> : null}
                  {seen.hidden > 0 ? <Badge tone="hidden">{t('hidden', seen.hidden)}</Badge> : null}
                </span>,
              ],
            ]}
          />
        </Card>
        <Card
          title={t('heldBack')}
          flush
          aside={
            held.length > 0 && !stale ? (
              <ButtonLink
                size="small"
                kind="primary"
                to="/requests"
                search={{
                  new: '1',
                  port: port.name,
                  columns: port.readable ? held.map((column) => column.name).join(',') : undefined,
                }}
              >
                {t(port.readable ? 'requestRest' : 'requestAccess')}
              </ButtonLink>
            ) : null
          }
        >
          <HeldBack port={port} held={held} />
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <Card title={t('roles')}>
          <Loaded query={contractQuery(port.name)} what={t('roles')} small>
            {({ roles }) =>
              roles.length === 0 ? (
                <p className="text-ink-soft">{t('noRoles')}</p>
              ) : (
                <ul className="flex flex-col gap-3">
                  {roles.map((role) => (
                    <li key={role.name}>
                      <p className="flex flex-wrap items-center gap-2">
                        <Code className="font-medium">{role.name}</Code>
                        {role.access ? <Badge>{role.access}</Badge> : null}
                      </p>
                      <p className="text-sm text-ink-soft">
                        {t('approvers')}: {role.approvers.join(' → ') || '–'}
                      </p>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </Card>
        <Card title={t('openRoster')}>
          <ButtonLink to="/access/roster" search={{ what: port.name }}>
            {t('roster')}
          </ButtonLink>
        </Card>
      </div>
    </div>
  );
}

function Rows({ port }: { port: PortAnswer }) {
  if (!port.readable) return <Status tone="hidden">{t('noRows')}</Status>;
  if (port.hidesRows) return <Status tone="masked">{t('someRows')}</Status>;
  return <Status tone="good">{t('allRows')}</Status>;
}

function HeldBack({ port, held }: { port: PortAnswer; held: readonly ColumnAnswer[] }) {
  return (
    <Table
      label={t('heldBack')}
      rows={held}
      rowKey={(column) => column.name}
      dense
      className="border-t border-line"
      empty={<Empty why="none" title={t('nothingHeldBack')} small />}
      columns={[
        {
          id: 'name',
          title: t('column'),
          isRowHeader: true,
          cell: (column) => <Code>{column.name}</Code>,
        },
        {
          id: 'class',
          title: t('class'),
          from: 'sm',
          cell: (column) => column.classification ?? '–',
        },
        {
          id: 'sees',
          title: t('youSee'),
          cell: (column) => <Sees port={port.name} column={column} />,
        },
        {
          id: 'request',
          title: t('request'),
          cell: (column) => (
            <Link
              to="/requests"
              search={{ new: '1', port: port.name, columns: column.name }}
              className="text-sm"
              aria-label={t('requestColumn', column.name)}
            >
              {t('request')}
            </Link>
          ),
        },
      ]}
    />
  );
}
