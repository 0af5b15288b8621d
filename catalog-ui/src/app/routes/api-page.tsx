import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function ApiPage() {
  return <NotYet title={t('apiReference')} />;
}
