import { ApiReference } from '@/features/docs/api-reference';
import { t } from '@/features/docs/words';
import { Page } from '@/ui/page';

export function ApiPage() {
  return (
    <Page title={t('api')} lead={t('apiLead')}>
      <ApiReference />
    </Page>
  );
}
