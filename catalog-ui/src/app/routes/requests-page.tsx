import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function RequestsPage() {
  return <NotYet title={t('requests')} />;
}
