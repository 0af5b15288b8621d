import { Me } from '@/features/me/me';
import { t } from '@/features/me/words';
import { Page } from '@/ui/page';

export function MePage() {
  return (
    <Page title={t('title')}>
      <Me />
    </Page>
  );
}
