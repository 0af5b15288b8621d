import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function ConnectPage() {
  return <NotYet title={t('connect')} />;
}
