import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function SqlPage() {
  return <NotYet title={t('sql')} />;
}
