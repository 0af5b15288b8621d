import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { partsOf } from '@/api/ports';
import { ChoosePort } from '@/features/requests/choose-port';
import { RequestForm } from '@/features/requests/request-form';
import { Requests } from '@/features/requests/requests';
import { t } from '@/features/requests/words';
import { ButtonLink } from '@/ui/button';
import { Page } from '@/ui/page';

const route = getRouteApi('/requests');

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
    </Page>
  );
}
