import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function MePage() {
  return <NotYet title={t('me')} />;
}
