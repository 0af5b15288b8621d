import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function OpsPage() {
  return <NotYet title={t('ops')} />;
}
