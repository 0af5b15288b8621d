import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { partsOf } from '@/api/ports';
import { Requests } from '@/features/requests/requests';
import { t } from '@/features/requests/words';
import { ButtonLink } from '@/ui/button';
import { Page } from '@/ui/page';
import { Loading } from '@/ui/states/loading';

const route = getRouteApi('/requests');

// Most who come here read and decide: the form and its lists load for those who ask.
const ChoosePort = lazy(() =>
  import('@/features/requests/choose-port').then((m) => ({ default: m.ChoosePort })),
);
const RequestForm = lazy(() =>
  import('@/features/requests/request-form').then((m) => ({ default: m.RequestForm })),
);

/** The requests, or with `?new=` the form that makes one. */
export function RequestsPage() {
  const { tab, id, port, columns, purpose, new: wanted } = route.useSearch();
  const navigate = useNavigate();
  if (wanted === undefined) {
    return (
      <Page
        title={t('title')}
        lead={t('lead')}
        actions={
          <ButtonLink to="/requests" search={{ new: 'port' }}>
            {t('newRequest')}
          </ButtonLink>
        }
      >
        <Requests tab={tab} id={id} />
      </Page>
    );
  }
  // `?new=sales.orders.lines`, or any other word with the port beside it or to be chosen.
  const name = partsOf(wanted) ? wanted : port;
  return (
    <Page title={t('formTitle')} lead={t('formLead')}>
      <Suspense fallback={<Loading what={t('thePort')} />}>
        {name && partsOf(name) ? (
          <RequestForm
            key={`${name} ${columns ?? ''}`}
            port={name}
            columns={columns ? columns.split(',').filter(Boolean) : []}
            purpose={purpose}
            onSent={(request) =>
              void navigate({ to: '/requests', search: { tab: 'mine', id: request.id } })
            }
            onCancel={() => void navigate({ to: '/requests', search: { tab: 'mine' } })}
          />
        ) : (
          <ChoosePort
            onChoose={(chosen) =>
              void navigate({ to: '/requests', search: { new: chosen }, replace: true })
            }
          />
        )}
      </Suspense>
    </Page>
  );
}
