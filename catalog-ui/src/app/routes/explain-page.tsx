import { getRouteApi } from '@tanstack/react-router';
import { Explain } from '@/features/explain/explain';
import { withoutEmpty } from '@/features/explain/question-form';
import { t } from '@/features/explain/words';
import { Page } from '@/ui/page';

const route = getRouteApi('/access/explain');

export function ExplainPage() {
  const { who, what, col, purpose, at, id } = route.useSearch();
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Explain asked={withoutEmpty({ who, what, col, purpose, at })} explainId={id} />
    </Page>
  );
}
