import { lazy, Suspense } from 'react';
import { type Connections, connectQuery } from '@/api/catalog';
import { useSession } from '@/app/session';
import { ClientText } from '@/features/connect/client-text';
import { TestCard } from '@/features/connect/test-card';
import { TokenCard } from '@/features/connect/token-card';
import { t } from '@/features/connect/words';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { KeyValue } from '@/ui/key-value';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Tabs } from '@/ui/tabs';

export interface ConnectProps {
  client: string | null;
  port: string | null;
  onClient: (client: string | null) => void;
  onPort: (port: string | null) => void;
}

// A list to search in weighs more than the rest of the page, which is of use without it.
const PortPicker = lazy(() =>
  import('@/features/connect/port-picker').then((m) => ({ default: m.PortPicker })),
);

/** How to reach a port, or the mesh, from elsewhere. */
export function Connect({ client, port, onClient, onPort }: ConnectProps) {
  return (
    <Page title={t('title')} lead={t('lead')}>
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0">
          <Suspense fallback={<div aria-hidden className="mb-5 h-21" />}>
            <PortPicker port={port} onPort={onPort} />
          </Suspense>
          <Loaded query={connectQuery(port ?? undefined)} what={t('what')}>
            {(connections) => (
              <Clients connections={connections} client={client} onClient={onClient} />
            )}
          </Loaded>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <TokenCard />
          <TestCard key={port} port={port} />
        </div>
      </div>
    </Page>
  );
}

interface ClientsProps {
  connections: Connections;
  client: string | null;
  onClient: (client: string | null) => void;
}

function Clients({ connections, client, onClient }: ClientsProps) {
  const { me } = useSession();
  const { clients, flight, http } = connections;
  const chosen = client === null ? clients[0] : clients.find((one) => one.client === client);
  return (
    <div className="flex flex-col gap-6">
      {chosen ? (
        <Tabs
          ofPage
          label={t('clients')}
          selected={chosen.client}
          onSelect={onClient}
          tabs={clients.map((one) => ({
            id: one.client,
            label: one.title,
            content: () => <ClientText connection={one} />,
          }))}
        />
      ) : (
        <Empty
          why="no-match"
          title={t('clientUnknown', client ?? '')}
          detail={t('clientUnknownDetail')}
          action={<Button onPress={() => onClient(null)}>{t('clientShow')}</Button>}
        />
      )}
      <Card title={t('addresses')}>
        <KeyValue
          rows={[
            [t('flight'), <Address key="flight" text={flight} label={t('flight')} />],
            [t('http'), <Address key="http" text={http} label={t('http')} />],
            [t('you'), <Code key="you">{me.principal}</Code>],
          ]}
        />
      </Card>
    </div>
  );
}

function Address({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <Code className="break-all">{text}</Code>
      <CopyButton text={text} iconOnly label={`Copy: ${label}`} />
    </span>
  );
}
