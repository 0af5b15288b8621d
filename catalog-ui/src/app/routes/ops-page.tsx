import { Ops } from '@/features/ops/ops';
import { t } from '@/features/ops/words';
import { Page } from '@/ui/page';

export function OpsPage() {
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Ops />
    </Page>
  );
}
