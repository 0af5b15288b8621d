import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Policies } from '@/features/policies/policies';
import { Rule } from '@/features/policies/rule';
import { t } from '@/features/policies/words';
import { ButtonLink } from '@/ui/button';
import { Link } from '@/ui/link';
import { Page } from '@/ui/page';
import { Loading } from '@/ui/states/loading';

const rules = getRouteApi('/policies');
const simulation = getRouteApi('/policies/simulate');
const one = getRouteApi('/policies/$rule');

const Simulate = lazy(() =>
  import('@/features/policies/simulate').then((m) => ({ default: m.Simulate })),
);

export function PoliciesPage() {
  const { q, effect, domain } = rules.useSearch();
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={<ButtonLink to="/policies/simulate">{t('simulate')}</ButtonLink>}
    >
      <Policies wanted={{ q, kind: effect, domain }} />
    </Page>
  );
}

function toRules() {
  return (
    <p className="mb-1 text-sm">
      <Link to="/policies">{t('title')}</Link>
    </p>
  );
}

export function SimulatePage() {
  const { file } = simulation.useSearch();
  return (
    <Page title={t('simulateTitle')} lead={t('simulateLead')} above={toRules()}>
      <Suspense fallback={<Loading what={t('policies')} />}>
        <Simulate file={file} />
      </Suspense>
    </Page>
  );
}

export function RulePage() {
  const { rule } = one.useParams();
  return (
    <Page title={t('rule')} above={toRules()}>
      <Rule id={rule} />
    </Page>
  );
}
