import { type AccessRequest, requestsQuery } from '@/api/requests';
import { useSession } from '@/app/session';
import { t } from '@/features/me/words';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { DateTime } from '@/ui/date-time';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Table } from '@/ui/table';

/** What the signed-in person holds beyond the rules, and until when. */
export function MyAccess() {
  const { me } = useSession();
  const subject = `${me.kind}:${me.principal}`;
  return (
    <Card
      flush
      title={t('access')}
      footer={
        <ButtonLink size="small" to="/requests" search={{ tab: 'mine' }}>
          {t('toRequests')}
        </ButtonLink>
      }
    >
      <p className="px-4 pb-2 text-sm text-ink-soft">{t('accessHint')}</p>
      <div className="px-0">
        <Loaded small query={requestsQuery} what={t('grants')}>
          {({ items }) => {
            const own = items.filter((request) => request.asker === subject);
            const waiting = own.filter((request) => request.state === 'requested').length;
            return (
              <>
                {waiting > 0 ? <p className="px-4 pb-2">{t('waiting', waiting)}</p> : null}
                <Grants
                  requests={own.filter(({ state, grant }) => state === 'approved' && grant)}
                />
              </>
            );
          }}
        </Loaded>
      </div>
    </Card>
  );
}

function Grants({ requests }: { requests: readonly AccessRequest[] }) {
  return (
    <Table
      dense
      label={t('grantsTable')}
      rows={requests}
      rowKey={(request) => request.id}
      empty={<Empty small why="none" title={t('noGrants')} detail={t('noGrantsDetail')} />}
      columns={[
        {
          id: 'port',
          title: t('port'),
          isRowHeader: true,
          cell: ({ port, grant, purpose }) => (
            <>
              <Code className="break-all">{port}</Code>
              <span className="block text-sm text-ink-soft">
                {grant && grant.columns.length > 0 ? grant.columns.join(', ') : t('wholePort')}
                {purpose ? ` · ${purpose}` : ''}
              </span>
            </>
          ),
        },
        {
          id: 'until',
          title: t('until'),
          cell: ({ grant }) => <DateTime at={grant?.until} look="day" />,
        },
        {
          id: 'request',
          title: t('request'),
          cell: ({ id }) => (
            <Link to="/requests" search={{ id }}>
              {id}
            </Link>
          ),
        },
        {
          id: 'why',
          title: <span className="sr-only">{t('why')}</span>,
          align: 'right',
          cell: ({ id, port, grant, purpose }) => (
            <Link
              data-why
              aria-label={`${t('why')} ${id}`}
              to="/access/explain"
              search={{
                what: port,
                ...(grant?.columns[0] ? { col: grant.columns[0] } : {}),
                ...(purpose ? { purpose } : {}),
              }}
            >
              {t('why')}
            </Link>
          ),
        },
      ]}
    />
  );
}
